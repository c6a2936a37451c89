{#- The rows of a use case in `ml_search_trials`: every point that a search tried, with its score, or with the reason why the
    estimator refused it. -#}
{% macro search_trials(use_case) -%}
with models as (
    select model_version, candidate, search_trace
    from {{ insitu.use_case_ref(use_case, 'models') }}
    where search_trace is not null
),

steps as (
    select
        models.model_version,
        models.candidate,
        item.position,
        item.value
    from models
    {{ insitu.json_items('models.search_trace', 'item') | indent(4) }}
    where {{ insitu.json_text('item.value', "'step'") }} = 'search'
),

final as (
    select
        model_version,
        candidate,
        row_number() over (partition by model_version order by position) as trial,
        cast({{ insitu.json_text('value', "'rung'") }} as bigint) as rung,
        cast({{ insitu.json_text('value', "'share'") }} as double precision) as share_of_rows,
        {{ insitu.json_text('value', "'parameters'") }} as parameters,
        cast({{ insitu.json_text('value', "'score'") }} as double precision) as score,
        {{ insitu.json_text('value', "'scores'") }} as scores,
        {{ insitu.json_text('value', "'error'") }} as error,
        cast({{ insitu.json_text('value', "'seconds'") }} as double precision) as seconds
    from steps
)

select * from final
{%- endmacro %}

{#- Body of `<use_case>__search_trials`: every point that a search tried, with its score, or with the reason why the
    estimator refused it. -#}
{% macro search_trials(use_case) -%}
with models as (
    select model_version, candidate, search_trace
    from {{ ref(use_case ~ '__models') }}
    where search_trace is not null
),

steps as (
    select
        models.model_version,
        models.candidate,
        item.position,
        item.value
    from models
    {{ json_items('models.search_trace', 'item') | indent(4) }}
    where {{ json_text('item.value', "'step'") }} = 'search'
),

final as (
    select
        model_version,
        candidate,
        row_number() over (partition by model_version order by position) as trial,
        cast({{ json_text('value', "'rung'") }} as bigint) as rung,
        cast({{ json_text('value', "'share'") }} as double precision) as share_of_rows,
        {{ json_text('value', "'parameters'") }} as parameters,
        cast({{ json_text('value', "'score'") }} as double precision) as score,
        {{ json_text('value', "'scores'") }} as scores,
        {{ json_text('value', "'error'") }} as error,
        cast({{ json_text('value', "'seconds'") }} as double precision) as seconds
    from steps
)

select * from final
{%- endmacro %}

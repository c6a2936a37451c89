{%- do insitu.overall_model('actions') -%}
{#- Append-only: what a prediction asked for when it was made stays what it is, whatever is declared later. -#}
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns', full_refresh=false) }}

with declared as (
    {% for use_case in insitu.use_cases() -%}
    {{ insitu.declared_policy(use_case) | indent(4) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{% if is_incremental() -%}
ranked as (
    select *, row_number() over (partition by use_case order by decided_from desc, written_at desc) as recency
    from {{ this }}
),

{% endif -%}
final as (
    select declared.*
    from declared
    {%- if is_incremental() %}
    left join ranked on declared.use_case = ranked.use_case and ranked.recency = 1
    -- a run for a past moment changes nothing
    where ranked.use_case is null
        or (
            declared.decided_from >= ranked.decided_from
            and (
                {% for column in ['threshold', 'true_positive', 'false_positive', 'false_negative', 'true_negative', 'treat', 'treat_not'] -%}
                declared.{{ column }} is distinct from ranked.{{ column }}
                {{ 'or' if not loop.last }}
                {% endfor -%}
            )
        )
    {%- endif %}
)

select * from final

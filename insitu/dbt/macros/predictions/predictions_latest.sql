{#- Body of `<use_case>__predictions_latest`: one row per entity, its last prediction of record, as long as that is valid: for
    a period of `scoring.every`. Valid is meant at the newest moment that was scored: a run for a past one takes nothing
    back. In a multiclass task with the most probable class and its probability. -#}
{% macro predictions_latest(use_case) -%}
{%- do insitu.use_case_model(use_case, 'predictions') -%}
{%- do insitu.say_none_valid(use_case) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set entity = config.entity -%}
{%- set time = insitu.identifier(config.as_of) -%}
{%- set every = insitu.duration_interval(use_case, 'scoring.every', config.scoring.every) -%}
with decisions as (
    select * from {{ insitu.use_case_ref(use_case, 'decisions') }}
    where is_in_charge = 1
),

newest as (
    select greatest(max(batch_as_of), {{ insitu.timestamp_literal(insitu.newest_as_of(use_case)) }}) as moment
    from decisions
),

valid as (
    select
        decisions.*,
        decisions.{{ time }} + {{ every }} as valid_until
    from decisions
    cross join newest
    where decisions.{{ time }} + {{ every }} > newest.moment
),

ranked as (
    select
        *,
        row_number() over (
            {{ insitu.partition_by(entity) }}
            order by {{ time }} desc, batch_as_of desc
            {{- ', score desc, class collate "C"' if config.get('task') == 'multiclass' }}
        ) as recency
    from valid
),

final as (
    select
        {%- for column in entity %}
        {{ insitu.identifier(column) }},
        {%- endfor %}
        {{ time }},
        valid_until,
        {%- if config.get('task') == 'multiclass' %}
        class as predicted_class,
        {%- endif %}
        score,
        {%- for column in insitu.quantile_columns(config) + insitu.reason_columns(config) %}
        {{ column }},
        {%- endfor %}
        threshold,
        action,
        expected_profit,
        model_version,
        batch_id,
        batch_as_of,
        predicted_at
    from ranked
    where recency = 1
)

select * from final
{%- endmacro %}


{#- The columns of a score's reasons, as many as are declared: `reason_1`, `reason_1_contribution`, … -#}
{% macro reason_columns(config) %}
    {%- set found = [] -%}
    {%- for place in range(1, config.get('scoring', {}).get('reasons', 0) + 1) -%}
        {%- do found.extend(['reason_' ~ place, 'reason_' ~ place ~ '_contribution']) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

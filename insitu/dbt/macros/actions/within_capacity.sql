{#- CTEs of `decisions`: `admitted`, which says of each row whether the capacity of its period and group has room for it:
    `wanted_fits` for what the policy asks of it, `drawn_fits` for what may be drawn. Batches come one after the other, by
    when they were predicted; in each first those whose treatment was drawn, then the others, by what they gain. So what was
    decided stays so when the next batch comes. A capacity that is lowered counts at once, one that is raised from the next
    period on. Only predictions of record use it. -#}
{% macro within_capacity(use_case, rows) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set needs = insitu.policy_needs(use_case) -%}
{%- set scored_features = insitu.use_case_ref(use_case, 'scored_features') -%}
{%- set groups = insitu.columns_when_scored(use_case, needs.groups, rows) -%}
{%- set slot = 'partition by capacity_per, capacity_period, capacity_group' -%}
{%- set batch = 'predicted_at, batch_as_of, batch_id' -%}
{%- set in_batch = slot ~ ', ' ~ batch -%}
{%- set ahead = 'rows between unbounded preceding and 1 preceding' -%}
competing as (
    select
        {{ rows }}.*,
        policies.capacity,
        policies.capacity_per,
        date_trunc(policies.capacity_per, {{ rows }}.{{ insitu.identifier(config.as_of) }}) as capacity_period,
        policies.capacity_by
        {%- for name, column in groups.items() %}
        || case
            when position({{ insitu.text_literal(tojson(name)) }} in policies.capacity_by) > 0
                then coalesce({{ insitu.value_text(column, 'text') }}, '') || '|'
            else ''
        end
        {%- endfor %} as capacity_group,
        md5({{ insitu.key_text(use_case, rows) }}) collate "C" as policy_tie,
        {%- set counts = rows ~ '.is_in_charge = 1 and policies.capacity is not null' %}
        {%- if needs.explore %}
        case when {{ counts }} and {{ rows }}.drawn_treated = 1 then 1 else 0 end as is_drawn_in,
        case
            when {{ counts }} and {{ rows }}.drawn_action is null and {{ rows }}.wanted_treated = 1 then 1
            else 0
        end as is_wanted_in
        {%- else %}
        0 as is_drawn_in,
        case when {{ counts }} and {{ rows }}.wanted_treated = 1 then 1 else 0 end as is_wanted_in
        {%- endif %}
    from {{ rows }}
    left join policies on {{ rows }}.decided_from = policies.decided_from
    {%- if groups.values() | select('in', insitu.quoted(needs.groups, 'scored_features.')) | list %}
    left join {{ scored_features }} as scored_features
        on {{ insitu.join_on(rows, 'scored_features', ['batch_id'] + config.key) }}
    {%- endif %}
),

-- how many came before each row, and how many it may be the last of
counted as (
    select
        *,
        min(capacity) over ({{ slot }} order by {{ batch }}) as policy_room,
        sum(is_drawn_in + is_wanted_in) over ({{ slot }} order by {{ batch }})
            - sum(is_drawn_in + is_wanted_in) over ({{ in_batch }}) as n_before,
        sum(is_drawn_in) over ({{ in_batch }}) - is_drawn_in as n_drawn,
        coalesce(sum(is_drawn_in) over ({{ in_batch }} order by policy_tie {{ ahead }}), 0) as n_drawn_ahead,
        coalesce(sum(is_wanted_in) over ({{ in_batch }} order by wanted_gain desc nulls last, policy_tie {{ ahead }}), 0) as n_wanted_ahead
    from competing
),

admitted as (
    select
        *,
        case
            when capacity is null or (is_in_charge = 1 and n_before + n_drawn + n_wanted_ahead < policy_room) then 1
            else 0
        end as wanted_fits,
        case when capacity is null or (is_in_charge = 1 and n_before + n_drawn_ahead < policy_room) then 1 else 0 end as drawn_fits
    from counted
)
{%- endmacro %}

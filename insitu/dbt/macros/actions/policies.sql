{#- Body of `<use_case>__policies`, append-only: by what predictions are decided, and from when on. A row is added when the
    declaration says something else than the last one; a run for a past moment adds nothing. So what a prediction asked for
    when it was made stays what it is, whatever is declared later. -#}
{% macro policies(use_case) -%}
{%- do insitu.use_case_model(use_case, 'actions', 'incremental') -%}
with declared as (
    {{ insitu.declared_policy(use_case) | indent(4) }}
),

{% if is_incremental() -%}
{#- A table of an earlier state lacks columns until this run has added them. -#}
{%- set there = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
ranked as (
    select *, row_number() over (order by decided_from desc, written_at desc) as recency
    from {{ this }}
),

{% endif -%}
final as (
    select declared.*
    from declared
    {%- if is_incremental() %}
    left join ranked on ranked.recency = 1
    where ranked.decided_from is null
        or (
            declared.decided_from >= ranked.decided_from
            and (
                {% for column in insitu.policy_columns() -%}
                declared.{{ column }} is distinct from {{ 'ranked.' ~ column if column in there else 'null' }}
                {{ 'or' if not loop.last }}
                {% endfor -%}
            )
        )
    {%- endif %}
)

select * from final
{%- endmacro %}


{#- The policy that a use case declares now, as a row: from which score on a row is treated, what each outcome costs, and what
    the two actions are called; or the money of each action and class (`declared_prices`); how many rows are treated at most,
    and what is drawn. The threshold is NULL where nothing says when to act (`decides`) and where prices do; so is what is not
    declared. -#}
{% macro declared_policy(use_case) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set options = insitu.metric_options(config) -%}
{%- set prices = insitu.declared_prices(config) -%}
{%- set capacity, explore = config.policy.capacity or {}, config.policy.explore or {} -%}
{%- set decidable = options.task == 'binary' and not prices and insitu.decides(config) -%}
{%- set said = {
    'threshold': options.threshold if decidable,
    'treat': insitu.text_literal(config.actions.treat),
    'treat_not': insitu.text_literal(config.actions.none),
    'prices': insitu.text_literal(prices) if prices,
    'capacity': capacity.rows,
    'capacity_per': insitu.text_literal(capacity.per or 'day') if capacity,
    'capacity_by': insitu.text_literal(tojson(insitu.capacity_groups(config))) if capacity,
    'explore_share': explore.share,
    'explore_salt': insitu.text_literal(explore.salt or use_case) if explore,
    'explore_actions': insitu.text_literal(tojson(explore.actions or insitu.actions_of(config))) if explore,
} -%}
{%- do said.update(options.costs if decidable and options.costs else {}) -%}
select
    {{ insitu.timestamp_literal(insitu.as_of(use_case)) }} as decided_from,
    {%- for column, type in insitu.policy_columns().items() %}
    cast({{ said.get(column) if said.get(column) is not none and said.get(column) is defined else 'null' }} as {{ type }}) as {{ column }},
    {%- endfor %}
    current_timestamp at time zone 'UTC' as written_at
{%- endmacro %}


{#- The policies of a use case with the time in which each decides: (decided_from, decided_until, is_first, policy_version,
    threshold, costs…, treat, treat_not). The first also decides what was predicted before it was written down; of two for
    one moment the later written counts. -#}
{% macro tenures_of_policies(use_case) -%}
select
    policies.*,
    {{ insitu.policy_version() | indent(4) }} as policy_version,
    lead(decided_from) over (order by decided_from) as decided_until,
    row_number() over (order by decided_from) = 1 as is_first
from (
    select *, row_number() over (partition by decided_from order by written_at desc, threshold) as place
    from {{ insitu.use_case_ref(use_case, 'policies') }}
) as policies
where place = 1
{%- endmacro %}


{#- What a policy says, column by column with its type; a change of any is another policy. -#}
{% macro policy_columns() %}
    {{- return({
        'threshold': 'double precision',
        'true_positive': 'double precision',
        'false_positive': 'double precision',
        'false_negative': 'double precision',
        'true_negative': 'double precision',
        'treat': dbt.type_string(),
        'treat_not': dbt.type_string(),
        'prices': dbt.type_string(),
        'capacity': 'bigint',
        'capacity_per': dbt.type_string(),
        'capacity_by': dbt.type_string(),
        'explore_share': 'double precision',
        'explore_salt': dbt.type_string(),
        'explore_actions': dbt.type_string(),
    }) -}}
{% endmacro %}


{#- The name of a policy: a hash of what it says, the same on every warehouse and whenever it is declared again. What it does
    not say is left out, so that a column which older policies lack renames none of them. -#}
{% macro policy_version() -%}
substr(md5(concat_ws(
    '|'
    {%- for column, type in insitu.policy_columns().items() %},
    '{{ column }}=' || {{ insitu.value_text(column, type) }}
    {%- endfor %}
)), 1, 12)
{%- endmacro %}


{#- The money of each outcome as the columns of a policy, for `profit_treated` and `profit_untreated`. -#}
{% macro policy_costs(relation) %}
    {%- set costs = {} -%}
    {%- for outcome in ['true_positive', 'false_positive', 'false_negative', 'true_negative'] -%}
        {%- do costs.update({outcome: relation ~ '.' ~ outcome}) -%}
    {%- endfor -%}
    {{- return(costs) -}}
{% endmacro %}

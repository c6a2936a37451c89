{#- What a policy prices, as JSON: one item for each action and class, {action, class, plus, times, column}, which is plus
    + times · column. Actions by name, doing nothing last: of two that are expected to bring as much, the first is chosen.
    None without `meta.ml.policy.costs`. -#}
{% macro declared_prices(config) %}
    {%- set costs = config.policy.costs or {} -%}
    {%- if not costs -%}{{- return(none) -}}{%- endif -%}
    {{- return(insitu.prices(costs, config.actions.none, config.task)) -}}
{% endmacro %}


{#- The same of any such matrix. insitu/acting/policies.py checks it. -#}
{% macro prices(costs, nothing, task) %}
    {%- set items = [] -%}
    {%- set binary = {'positive': '1', 'negative': '0'} if task == 'binary' else {} -%}
    {%- for action in (costs | map('string') | sort | reject('equalto', nothing) | list) + [nothing] -%}
        {%- for class, money in costs[action].items() -%}
            {%- set money = {'column': money} if money is string else money if money is mapping else {'plus': money, 'times': 0} -%}
            {%- do items.append({
                'action': action,
                'class': binary.get(class, class),
                'plus': money.get('plus', 0) | float,
                'times': money.get('times', 1) | float,
                'column': money.get('column'),
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(tojson(items, sort_keys=true)) -}}
{% endmacro %}


{#- The actions of a use case: those with a price, or the two of a threshold; doing nothing last. -#}
{% macro actions_of(config) %}
    {%- set priced = (config.policy.costs or {}) | map('string') | sort | reject('equalto', config.actions.none) | list -%}
    {{- return((priced or [config.actions.treat]) + [config.actions.none]) -}}
{% endmacro %}


{#- The columns in whose groups the capacity counts; a single one may be written without brackets. -#}
{% macro capacity_groups(config) %}
    {%- set by = (config.policy.capacity or {}).get('by') or [] -%}
    {{- return([by] if by is string else by) -}}
{% endmacro %}


{#- What the policies of a use case make use of, the one that is declared and those that were: whether any has prices, draws
    or is limited, and the columns that they read of a row, as it was when it was scored. -#}
{% macro policy_needs(use_case) %}
    {%- if not execute -%}{{- return({'prices': false, 'capacity': false, 'explore': false, 'money': [], 'groups': []}) -}}{%- endif -%}
    {%- set config = insitu.use_case_config(use_case) -%}
    {%- set policy = config.policy -%}
    {%- set rows = [[insitu.declared_prices(config), tojson(insitu.capacity_groups(config)), policy.capacity, policy.explore]] -%}
    {%- set written = insitu.relation_there(use_case, 'policies') -%}
    {%- set names = adapter.get_columns_in_relation(written) | map(attribute='name') | list if written else [] -%}
    {%- if 'prices' in names -%}
        {%- set query -%}
            select distinct
                prices,
                coalesce(capacity_by, '[]'),
                case when capacity is not null then 'limited' end,
                case when explore_share is not null then 'drawn' end
            from {{ written }}
            where prices is not null or capacity is not null or explore_share is not null
        {%- endset -%}
        {%- do rows.extend(run_query(query).rows) -%}
    {%- endif -%}
    {%- set money, groups = [], [] -%}
    {%- for prices, by, capacity, explore in rows -%}
        {%- do money.extend(fromjson(prices or '[]') | map(attribute='column') | reject('none')) -%}
        {%- do groups.extend(fromjson(by)) -%}
    {%- endfor -%}
    {{- return({
        'prices': rows | map(attribute=0) | select | list | length > 0,
        'capacity': rows | map(attribute=2) | select | list | length > 0,
        'explore': rows | map(attribute=3) | select | list | length > 0,
        'money': money | unique | sort,
        'groups': groups | unique | sort,
    }) -}}
{% endmacro %}


{#- Columns of a row as it was when it was scored: {name: SQL}. `asked` is the alias of a prediction; what is none of its
    columns is one of `scored_features`, which is to be joined by that name. Stops where there is no such column. -#}
{% macro columns_when_scored(use_case, columns, asked) %}
    {%- if not columns -%}{{- return({}) -}}{%- endif -%}
    {%- set found = {} -%}
    {%- set own = adapter.get_columns_in_relation(insitu.use_case_ref(use_case, 'predictions')) | map(attribute='name') | list -%}
    {%- set kept = adapter.get_columns_in_relation(insitu.use_case_ref(use_case, 'scored_features')) | map(attribute='name') | list -%}
    {%- for column in columns -%}
        {%- if column not in own + kept and kept -%}
            {%- do exceptions.raise_compiler_error(
                "`" ~ use_case ~ "__models`: meta.ml.policy names the column `" ~ column ~ "`, which is not kept when rows are"
                ~ " scored. Expected a column of `" ~ use_case ~ "__features`; kept are "
                ~ (own + kept) | unique | sort | join(', ') ~ ". A column that no model is to learn from stands in"
                ~ " `features: {exclude: […]}` as well."
            ) -%}
        {%- endif -%}
        {%- do found.update({column: (asked if column in own else 'scored_features') ~ '.' ~ insitu.identifier(column)}) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

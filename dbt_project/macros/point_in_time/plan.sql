{#-
    Arguments -> plan: everything the rendering macros need, checked.
    A plan's `columns` are the generated features, each with the strategy that computes it and the reason.
-#}
{% macro plan_window_features(spine, events, keys, measures, windows, available_at, as_of, spine_key, prefix, gap, strategy) %}
    {%- set spine_types = known_columns(spine) -%}
    {%- set event_types = known_columns(events) -%}
    {%- set keys = keys_mapping(keys) -%}
    {%- set available_at = available_at or declared_available_at(events) -%}
    {%- if execute -%}
        {{- check_timestamp('as_of', as_of, spine_types, spine) -}}
        {{- check_timestamp('available_at', available_at, event_types, events) -}}
        {%- for spine_column, event_column in keys.items() -%}
            {{- check_column('keys', spine_column, spine_types, spine) -}}
            {{- check_column('keys', event_column, event_types, events) -}}
            {%- if spine_types is not none and event_types is not none
                    and type_family(spine_types[spine_column | lower]) != type_family(event_types[event_column | lower]) -%}
                {{ features_error('keys', '`' ~ spine_column ~ '` (' ~ spine_types[spine_column | lower] ~ ') = `' ~ event_column ~ '` ('
                    ~ event_types[event_column | lower] ~ ')', 'two columns of one type: cast one of them in staging') }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set spine_key = [spine_key] if spine_key is string else (spine_key or keys.keys() | list) -%}
    {%- for column in spine_key -%}{{- check_column('spine_key', column, spine_types, spine) -}}{%- endfor -%}
    {%- set gap_seconds = parse_window(gap, 'gap').seconds if gap else 0 -%}
    {%- set measures = normalise_measures(measures, [windows] if windows is string else windows) -%}
    {{- check_measure_columns(measures, event_types, events) -}}
    {%- set types = measure_types(measures, events, event_types) -%}
    {%- set columns = [] -%}
    {%- for measure in measures -%}
        {%- for agg in measure.aggs -%}
            {%- for window in measure.windows -%}
                {%- if window.seconds is none and feature_aggregates()[agg].bounded -%}
                    {{ features_error("measures, '" ~ measure.name ~ "'", "'" ~ agg ~ "' over 'all'", "a bounded window, such as '30 days'") }}
                {%- endif -%}
                {%- set choice = choose_strategy(measure, agg, window, types.get(measure.name), strategy) -%}
                {%- do columns.append({
                    'name': (prefix ~ '__' if prefix else '') ~ feature_name(measure, agg, window.label), 'alias': feature_name(measure, agg, window.label),
                    'measure': measure, 'agg': agg, 'window': window, 'strategy': choice[0], 'reason': choice[1], 'type': types.get(measure.name),
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return({
        'spine': spine, 'events': events, 'key_columns': keys, 'as_of': as_of, 'available_at': available_at, 'spine_key': spine_key,
        'prefix': prefix, 'gap': gap_seconds, 'measures': measures, 'columns': columns,
    }) }}
{% endmacro %}


{#- 'a', ['a', 'b'] or {'spine column': 'event column'} -> {spine column: event column}. -#}
{% macro keys_mapping(keys) %}
    {%- if keys is mapping and keys -%}{{ return(keys) }}{%- endif -%}
    {%- set result = {} -%}
    {%- for key in ([keys] if keys is string else keys or []) -%}
        {%- if key is mapping -%}{%- do result.update(key) -%}{%- else -%}{%- do result.update({key: key}) -%}{%- endif -%}
    {%- endfor -%}
    {%- if not result -%}
        {{ features_error('keys', 'no key', "['entity_id'] or {'spine_column': 'event_column'}") }}
    {%- endif -%}
    {{ return(result) }}
{% endmacro %}


{#- The availability column that the model or source declares in `meta.point_in_time`. -#}
{% macro declared_available_at(events) %}
    {%- if not execute -%}{{ return('available_at') }}{%- endif -%}
    {%- for node in graph.nodes.values() | list + graph.sources.values() | list if node.relation_name == events | string -%}
        {%- set meta = node.config.get('meta', {}) or node.get('meta', {}) -%}
        {%- set declared = meta.get('point_in_time', {}).get('available_at') -%}
        {%- if declared -%}{{ return(declared) }}{%- endif -%}
    {%- endfor -%}
    {{ features_error('available_at', 'none, and ' ~ events ~ ' declares none',
        "a column name here, or `config.meta.point_in_time.available_at` on the events' model") }}
{% endmacro %}


{#- An `expr` that is just a column name must be a column; other expressions are the database's to check. -#}
{% macro check_measure_columns(measures, event_types, events) %}
    {%- for measure in measures -%}
        {%- for column in [measure.expr] + measure.order_by if column and modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', column | string) -%}
            {{- check_column("measures, '" ~ measure.name ~ "'", column | string, event_types, events) -}}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}


{#- Measure name -> database type of its expression, when the events exist already; {} otherwise. -#}
{% macro measure_types(measures, events, event_types) %}
    {%- set wanted = measures | selectattr('expr') | list -%}
    {%- if not execute or event_types is none or not wanted -%}{{ return({}) }}{%- endif -%}
    {%- set probe -%}
        select {% for measure in wanted %}{{ measure.expr }} as {{ measure.name }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ events }} where 1 = 0
    {%- endset -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_column_schema_from_query(probe) -%}
        {%- do types.update({column.name: column.data_type | lower}) -%}
    {%- endfor -%}
    {{ return(types) }}
{% endmacro %}

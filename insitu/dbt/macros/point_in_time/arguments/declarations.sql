{#- Fails on a declaration that is not one, wherever it is made: nothing is built on it. -#}
{% macro check_declarations() %}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | list + graph.sources.values() | list
                if node.resource_type in ['model', 'seed', 'snapshot', 'source'] -%}
            {%- set meta = node.config.get('meta') or node.get('meta') or {} -%}
            {%- if 'point_in_time' in meta -%}
                {%- do insitu.check_declaration(node, meta.point_in_time) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{#- Fails when a node's `config.meta.point_in_time` is no declaration: as `insitu check` does, in its words. -#}
{% macro check_declaration(node, declared) %}
    {%- set problem = insitu.declaration_problem(declared) -%}
    {%- if problem -%}
        {%- set name = node.source_name ~ '.' ~ node.name if node.source_name else node.name -%}
        {%- do exceptions.raise_compiler_error(
            '`' ~ name ~ '`: config.meta.point_in_time' ~ problem ~ '. Correct it in '
            ~ (node.patch_path or node.original_file_path).split('://')[-1] ~ ' (see docs/point_in_time.md).'
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- The options of each kind, and those that it cannot do without; those of insitu/proof/project/declarations.py. -#}
{% macro declaration_options() %}
    {{ return({
        'event': {'options': ['available_at', 'strict', 'lag'], 'needed': ['available_at']},
        'static': {'options': ['reason', 'content'], 'needed': ['reason']},
        'validity': {
            'options': ['valid_from', 'valid_to', 'current_flags', 'strict', 'lag'],
            'needed': ['valid_from'],
        },
        'mutable': {'options': ['immutable', 'rows_are_permanent'], 'needed': []},
        'raw': {'options': ['key'], 'needed': ['key']},
        'spine': {'options': ['as_of', 'key'], 'needed': ['key']},
        'labels': {'options': ['matured_at', 'strict', 'lag'], 'needed': []},
        'features': {'options': ['as_of', 'key', 'batch'], 'needed': []},
        'training_set': {'options': ['as_of', 'labels', 'batch'], 'needed': ['labels']},
    }) }}
{% endmacro %}


{#- What is wrong with a declaration, to be written after its name; empty when nothing is. -#}
{% macro declaration_problem(declared) %}
    {%- set kinds = insitu.declaration_options() -%}
    {%- if declared is not mapping -%}
        {{ return(' is ' ~ declared ~ ', not a mapping; write for example {kind: event, available_at: departed_at}') }}
    {%- endif -%}
    {%- if declared.get('kind') not in kinds -%}
        {%- set found = "kind '" ~ declared.kind ~ "'" if declared.get('kind') else 'no kind' -%}
        {{ return(' has ' ~ found ~ '; allowed: ' ~ kinds.keys() | join(', ')) }}
    {%- endif -%}
    {%- set kind = kinds[declared.kind] -%}
    {%- set options = ['unique', 'determined', 'not_null', 'waivers', 'trust', 'kind'] + kind.options -%}
    {%- for name in declared if name not in options -%}
        {{ return('.' ~ name ~ ': is not an option of kind ' ~ declared.kind ~ ' (options: '
            ~ options | join(', ') ~ ')') }}
    {%- endfor -%}
    {%- for name in kind.needed if declared.get(name) is none -%}
        {{ return('.' ~ name ~ ': is missing; kind ' ~ declared.kind ~ ' needs it') }}
    {%- endfor -%}
    {%- for name in ['reason', 'trust', 'rows_are_permanent'] if declared.get(name) is not none -%}
        {%- if declared[name] is not string or declared[name] | length < 10 -%}
            {{ return('.' ~ name ~ ": '" ~ declared[name] ~ "' is no reason; write at least 10 letters that say why") }}
        {%- endif -%}
    {%- endfor -%}
    {%- set lists = ['unique', 'determined', 'not_null', 'waivers', 'key', 'labels', 'batch', 'immutable'] -%}
    {%- for name in lists + ['current_flags']
            if declared.get(name) is not none and (declared[name] is string or declared[name] is not sequence) -%}
        {{ return('.' ~ name ~ ': is ' ~ declared[name] ~ ', not a list') }}
    {%- endfor -%}
    {%- if declared.get('strict') is not none and declared.strict is not boolean -%}
        {{ return('.strict: is ' ~ declared.strict ~ ', not true or false') }}
    {%- endif -%}
    {%- set lag = insitu.read_duration(declared.lag, fixed=true) if declared.get('lag') is not none else {} -%}
    {{ return('.lag: ' ~ lag.refusal if lag.refusal else '') }}
{% endmacro %}

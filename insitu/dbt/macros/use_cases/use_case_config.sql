{#- The declaration of a use case, `config.meta.ml` of the node `<use_case>__models`, with the defaults of all that it
    leaves out; the defaults alone while dbt parses. -#}
{% macro use_case_config(use_case) %}
    {%- if not execute -%}{{ return(insitu.with_defaults({})) }}{%- endif -%}
    {%- set name = use_case ~ '__models' -%}
    {%- set node = insitu.models_node(use_case) -%}
    {%- if not node -%}
        {%- do exceptions.raise_compiler_error(
            "There is no model `" ~ name ~ "`, which declares the use case `" ~ use_case ~ "`. Add it, or take `"
            ~ use_case ~ "` out of the variable `insitu_use_cases`."
        ) -%}
    {%- endif -%}
    {%- set meta = node.config.get('meta', {}) -%}
    {%- if meta.get('ml') is not mapping -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ name ~ "` declares no `config.meta.ml` (it has: " ~ meta.keys() | join(', ')
            ~ "). Add it: task, entity, label, candidates."
        ) -%}
    {%- endif -%}
    {%- set config = insitu.with_defaults(meta.ml) -%}
    {%- do insitu.check_declared_names(use_case, config) -%}
    {{ return(config) }}
{% endmacro %}


{#- The node `<use_case>__models`, or none. -#}
{% macro models_node(use_case) %}
    {{ return(insitu.node_named(use_case ~ '__models')) }}
{% endmacro %}


{#- The model of a name, or none. -#}
{% macro node_named(name) %}
    {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
    {{- return(models | selectattr('name', 'equalto', name) | first or none) -}}
{% endmacro %}


{#- The declaration as `use_case_config` gives it, or none where there is no such use case. -#}
{% macro declared_use_case(use_case) %}
    {{ return(insitu.use_case_config(use_case) if execute and insitu.models_node(use_case) else none) }}
{% endmacro %}


{#- A declaration with the defaults of all that it leaves out, and with `key`: the columns that tell one row from
    another, entity and as-of time. The defaults that Python uses too are those of insitu/config.py. -#}
{% macro with_defaults(declared) %}
    {%- set blocks = {
        'training': {
            'retrain_every': 'month', 'test': '30 days', 'gap': '7 days', 'validation': '30 days',
            'retrain_on_corrections': false,
        },
        'scoring': {'every': '1 day', 'window': none, 'reasons': 0},
        'evaluation': {'threshold': none, 'capacity': 0.1, 'quantile': 0.5, 'metrics': []},
        'parity': {
            'log': 'values', 'may_differ': [], 'days': 30, 'tolerated': 0.01, 'acknowledged': [], 'severity': 'warn',
        },
        'actions': {'treat': 'intervene', 'none': 'none'},
    } -%}
    {%- set config = dict({
        'task': 'binary', 'as_of': 'as_of', 'label': 'label', 'candidates': [], 'slices': [], 'costs': {},
        'monitoring': {}, 'policy': {},
    }, **declared) -%}
    {%- for name, defaults in blocks.items() -%}
        {%- do config.update({name: dict(defaults, **(declared.get(name) or {}))}) -%}
    {%- endfor -%}
    {%- set training = declared.get('training') or {} -%}
    {%- if training.horizon and 'gap' not in training -%}{%- do config.training.update({'gap': training.horizon}) -%}{%- endif -%}
    {#- A single key column may be written without brackets. -#}
    {%- set entity = declared.get('entity') or [] -%}
    {%- set entity = [entity] if entity is string else entity -%}
    {%- do config.update({
        'entity': entity,
        'key': entity + [config.as_of],
        'selection_metric': insitu.selection_metric(config),
        'promotion': insitu.promotion_rules(declared),
    }) -%}
    {{ return(config) }}
{% endmacro %}

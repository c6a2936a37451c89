{#- The experiments that a use case declares, each with the defaults of what it leaves out; none while dbt parses.
    insitu/acting/experiments.py checks what they say. -#}
{% macro experiments(use_case) %}
    {%- set config = insitu.use_case_config(use_case) -%}
    {%- set found = [] -%}
    {%- for declared in config.get('experiments') or [] -%}
        {%- set unit = declared.get('unit') or config.entity -%}
        {%- set variants = [] -%}
        {%- for variant in declared.variants -%}
            {%- do variants.append(dict({'model': none, 'threshold': none, 'action': none}, **variant)) -%}
        {%- endfor -%}
        {%- do found.append(dict(declared, **{
            'salt': declared.get('salt') or use_case ~ '.' ~ declared.name,
            'unit': [unit] if unit is string else unit,
            'layer': declared.get('layer'),
            'layer_share': declared.get('layer_share'),
            'eligible': declared.get('eligible'),
            'from': insitu.declared_time(declared['from']),
            'until': insitu.declared_time(declared['until']) if declared.get('until') else none,
            'window': declared.get('window'),
            'shadow': declared.get('shadow', false),
            'min_units': declared.get('min_units', 100),
            'variants': variants,
            'control': variants[0].name,
            'challenged': variants | selectattr('model', 'equalto', 'challenger') | list | length > 0,
            'treats': variants | rejectattr('threshold', 'none') | list | length
                + variants | rejectattr('action', 'none') | list | length > 0,
        })) -%}
    {%- endfor -%}
    {%- if found and not insitu.node_named(use_case ~ '__assignments') -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ use_case ~ "__models` declares experiments (" ~ found | map(attribute='name') | join(', ')
            ~ "), and the project has no model `" ~ use_case ~ "__assignments`. `insitu experiments " ~ use_case
            ~ "` writes the models of experiments."
        ) -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}


{#- A date or a time (UTC) of a declaration as a SQL literal. -#}
{% macro declared_time(value) %}
    {{- return("timestamp '" ~ value | string | replace('T', ' ') ~ "'") -}}
{% endmacro %}


{#- Use cases that have experiments, from the variable `insitu_experiments`. -#}
{% macro use_cases_with_experiments() %}
    {{- return(var('insitu_experiments', [])) -}}
{% endmacro %}


{#- The configuration of a model over the experiments of all use cases: off while there are none. -#}
{% macro for_experiments() %}
    {%- if not insitu.use_cases_with_experiments() -%}{%- do config(enabled=false) -%}{%- endif -%}
{% endmacro %}

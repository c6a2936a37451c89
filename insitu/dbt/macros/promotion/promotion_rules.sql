{#- What a challenger must fulfil: `meta.ml.promotion` over the defaults; fails on an unknown rule. -#}
{% macro promotion_rules(config) %}
    {%- set rules = {
        'by': 'heldout',
        'z': 1.645,
        'calibration_error': 0.05,
        'slice_loss': 0.05,
        'slice_rows': 500,
        'point_in_time': 'required',
        'parity': 'required',
        'parity_days': 31,
    } -%}
    {%- for name, value in (config.get('promotion') or {}).items() -%}
        {%- if name not in rules -%}
            {%- do exceptions.raise_compiler_error(
                "`meta.ml.promotion` has an unknown key `" ~ name ~ "`. There are: " ~ rules.keys() | join(', ') ~ "."
            ) -%}
        {%- endif -%}
        {%- if name in ('point_in_time', 'parity') and value not in ('required', 'ignored') -%}
            {%- do exceptions.raise_compiler_error(
                "`meta.ml.promotion." ~ name ~ "` is `" ~ value ~ "`; expected required or ignored."
            ) -%}
        {%- endif -%}
        {%- if name == 'by' and value not in ('heldout', 'experiment') -%}
            {%- do exceptions.raise_compiler_error(
                "`meta.ml.promotion.by` is `" ~ value ~ "`; expected heldout or experiment."
            ) -%}
        {%- endif -%}
        {%- do rules.update({name: value}) -%}
    {%- endfor -%}
    {{- return(rules) -}}
{% endmacro %}

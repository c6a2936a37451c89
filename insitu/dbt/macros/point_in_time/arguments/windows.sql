{#- A window such as '6 hours', as {label, seconds, text}; 'all', for windows alone, is the whole history. -#}
{% macro parse_window(window, argument='windows', macro='window_features') %}
    {%- set is_window = argument == 'windows' -%}
    {%- if is_window and window == 'all' -%}
        {{ return({'label': 'all', 'seconds': none, 'text': 'all history'}) }}
    {%- endif -%}
    {%- set duration = insitu.read_duration(window, fixed=true) -%}
    {%- if duration.refusal -%}
        {%- do insitu.refuse_argument(argument, duration.refusal ~ (", or 'all'" if is_window else ''), macro) -%}
    {%- endif -%}
    {%- set number, unit = duration.text.split(' ') -%}
    {{ return({
        'label': number ~ unit[0],
        'seconds': duration.seconds,
        'text': insitu.duration_text(duration.seconds),
    }) }}
{% endmacro %}

{#- The use cases of the project, from the variable `insitu_use_cases`; without any, the models over all use cases are
    switched off. -#}
{% macro use_cases() %}
    {{- return(var('insitu_use_cases', [])) -}}
{% endmacro %}


{#- The use cases that have a `<use_case>__backtest`, from the variable `insitu_backtests`. -#}
{% macro backtests() %}
    {{- return(var('insitu_backtests', [])) -}}
{% endmacro %}


{#- Of these use cases (all by default) the ones that the running model over all of them can read: what it reads of them is
    built. The others are left out, so that one that is not written yet, or has failed since, takes no other with it. While
    nothing is built at all, as when a project is compiled for the first time, all of them. -#}
{% macro use_cases_there(use_cases=none) %}
    {%- set use_cases = insitu.use_cases() if use_cases is none else use_cases -%}
    {%- if not execute -%}{{ return(use_cases) }}{%- endif -%}
    {%- set missing = {} -%}
    {%- for node in model.depends_on.nodes -%}
        {%- set use_case, _, part = node.split('.')[-1].partition('__') -%}
        {%- if use_case in use_cases and use_case not in missing and not load_relation(insitu.use_case_ref(use_case, part)) -%}
            {%- do missing.update({use_case: use_case ~ '__' ~ part}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set there = use_cases | reject('in', missing) | list -%}
    {%- if there and flags.WHICH in ['run', 'build'] -%}
        {%- for use_case, part in missing.items() -%}
            {%- do exceptions.warn("`" ~ model.name ~ "` leaves out the use case " ~ use_case ~ ": `" ~ part ~ "` is not built.") -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(there or use_cases) -}}
{% endmacro %}

{#- The moment up to which models are trained and tested: `as_of` cut to the retraining period. A function of `as_of`
    alone, so that the same day always gives the same model. A replay says itself when models are trained, in the variable
    `insitu_training_as_of`, by use case. -#}
{% macro training_as_of(use_case) %}
    {%- set told = var('insitu_training_as_of', {}).get(use_case) -%}
    {%- if told -%}
        {%- set pattern = '[1-9]\\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01]) ([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d' -%}
        {%- if not modules.re.fullmatch(pattern, told | string) -%}
            {%- do exceptions.raise_compiler_error(
                "The variable `insitu_training_as_of` of `" ~ use_case ~ "` is `" ~ told
                ~ "`; expected a UTC time like \"2013-11-01 00:00:00\"."
            ) -%}
        {%- endif -%}
        {{- return(modules.datetime.datetime.strptime(told | string, '%Y-%m-%d %H:%M:%S')) -}}
    {%- endif -%}
    {%- set every = insitu.use_case_config(use_case).training.retrain_every -%}
    {%- set now = insitu.as_of(use_case) -%}
    {%- set day = now.replace(hour=0, minute=0, second=0) -%}
    {%- if every == 'day' -%}{{ return(day) }}
    {%- elif every == 'week' -%}{{ return(day - modules.datetime.timedelta(days=day.weekday())) }}
    {%- elif every == 'month' -%}{{ return(day.replace(day=1)) }}
    {%- elif every == 'quarter' -%}{{ return(day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)) }}
    {%- elif every == 'year' -%}{{ return(day.replace(day=1, month=1)) }}
    {%- endif -%}
    {%- do exceptions.raise_compiler_error(
        "`" ~ use_case ~ "__models`: `training.retrain_every` is `" ~ every
        ~ "`; expected one of day, week, month, quarter, year."
    ) -%}
{% endmacro %}

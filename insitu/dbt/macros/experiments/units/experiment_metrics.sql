{#- The metrics of an experiment, each with the defaults of what it leaves out. insitu/acting/metrics.py checks what they
    say. -#}
{% macro experiment_metrics(experiment) %}
    {%- set found = [] -%}
    {%- for metric in experiment.metrics -%}
        {%- do found.append(dict({
            'per': none, 'q': none, 'better': 'higher', 'role': 'secondary', 'margin': 0, 'winsorise': none,
            'covariate': none, 'minimum_effect': none,
        }, **metric)) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- The columns of the outcomes that the metrics of experiments are made of, each once. -#}
{% macro measured_columns(experiments) %}
    {%- set found = [] -%}
    {%- for experiment in experiments -%}
        {%- for metric in insitu.experiment_metrics(experiment) -%}
            {%- do found.extend([metric.value] + ([metric.per] if metric.per else [])) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found | unique | list) -}}
{% endmacro %}


{#- The columns known before exposure that experiments slice by or have as covariates, each once. -#}
{% macro columns_before_exposure(experiments) %}
    {%- set found = [] -%}
    {%- for experiment in experiments -%}
        {%- do found.extend(experiment.get('slices') or []) -%}
        {%- for metric in insitu.experiment_metrics(experiment) if metric.covariate -%}{%- do found.append(metric.covariate) -%}{%- endfor -%}
    {%- endfor -%}
    {{- return(found | unique | list) -}}
{% endmacro %}


{#- The types of a relation's columns by their names; empty while it is not built. -#}
{% macro types_of_columns(relation) %}
    {%- set types = {} -%}
    {%- if relation and execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do types.update({column.name: column.data_type | lower}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(types) -}}
{% endmacro %}


{#- A column as a number with fractions, NULL where it is none; true and false are 1 and 0. Beyond 1e100 a square is soon no
    double, below 1e-100 soon an error on PostgreSQL: the one is taken for no number, the other for 0. -#}
{% macro as_number(column, type) %}
    {%- set number = 'cast(' ~ ('cast(' ~ column ~ ' as integer)' if type == 'boolean' else column) ~ ' as double precision)' -%}
    {{- return('case when abs(' ~ number ~ ') < 1e-100 then 0 when abs(' ~ number ~ ') < 1e100 then ' ~ number ~ ' end') -}}
{% endmacro %}

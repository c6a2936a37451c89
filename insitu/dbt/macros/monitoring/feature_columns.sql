{#- The features of a use case as {name: 'numeric' or 'categorical'}, from the types of `<use_case>__features`; {} while
    dbt parses. Times are left out: they drift by nature. -#}
{% macro feature_columns(use_case) %}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- set config = insitu.use_case_config(use_case) -%}
        {%- set ignored = config.key + insitu.monitoring_limit(use_case, 'ignore_features') -%}
        {%- set features = insitu.use_case_ref(use_case, 'features') -%}
        {%- for column in adapter.get_columns_in_relation(features) if column.name not in ignored -%}
            {%- set type = column.dtype | lower -%}
            {%- if modules.re.match('u?(tiny|small|big|huge)?int(eger)?\\b|double|float|real|decimal|numeric', type) -%}
                {%- do found.update({column.name: 'numeric'}) -%}
            {%- elif modules.re.match('char|varchar|text|string|bool|enum', type) -%}
                {%- do found.update({column.name: 'categorical'}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}

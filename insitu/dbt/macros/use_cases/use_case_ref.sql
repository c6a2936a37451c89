{#- The relation `<use_case>__<name>`. Our models over all use cases find it in the project that uses the library. -#}
{% macro use_case_ref(use_case, name) %}
    {{- return(ref(project_name if model.package_name == 'insitu' else model.package_name, use_case ~ '__' ~ name)) -}}
{% endmacro %}

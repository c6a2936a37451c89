{#- The measures of drift that are taken of the scores, of numeric or of categorical features: macros `drift_<name>`.
    A new one is a macro and its name here; its title is in insitu/metrics.py. -#}
{% macro drift_measures(of) %}
    {%- set measures = {
        'scores': ['psi', 'ks', 'missing_share'],
        'numeric': ['psi', 'missing_share'],
        'categorical': ['psi', 'missing_share'],
    } -%}
    {{- return(measures[of]) -}}
{% endmacro %}

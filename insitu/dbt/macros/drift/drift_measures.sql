{#- The measures of drift that are taken of the scores, of numeric or of categorical features: macros `drift_<name>`. A
    new one is a macro and its name here; its title is in insitu/metrics.py. -#}
{% macro drift_measures(of) %}
    {%- set measures = {
        'scores': ['psi', 'ks', 'jensen_shannon', 'wasserstein', 'missing_share'],
        'numeric': ['psi', 'scale', 'unseen_share', 'missing_share'],
        'categorical': ['psi', 'unseen_share', 'missing_share'],
    } -%}
    {{- return(measures[of]) -}}
{% endmacro %}

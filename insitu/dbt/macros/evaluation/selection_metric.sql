{#- The metric by which a use case is judged: `meta.ml.selection_metric`, or the usual one of its task. -#}
{% macro selection_metric(config) %}
    {%- set usual = {'binary': 'auc', 'regression': 'mae', 'multiclass': 'log_loss'} -%}
    {{- return(config.get('selection_metric') or usual[config.get('task', 'binary')]) -}}
{% endmacro %}

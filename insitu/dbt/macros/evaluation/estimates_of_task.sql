{#- The metrics of a task that can be estimated before labels come: macros `estimate_<name>`. A binary score is a probability
    of the label; the score of a regression says nothing of its own error, so there is none. -#}
{% macro estimates_of_task(options) %}
{%- set estimates = {'binary': ['auc', 'precision', 'recall', 'log_loss', 'brier', 'base_rate']} %}
{%- set profit = ['profit'] if options.costs and options.task == 'binary' else [] %}
{{ return(estimates.get(options.task, []) + profit) }}
{% endmacro %}

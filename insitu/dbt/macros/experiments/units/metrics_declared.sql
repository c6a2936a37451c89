{#- What experiments declare of their metrics, as rows of SQL: (experiment, metric, kind, role, better, margin, q, winsorise,
    minimum_effect, alpha, correction, tuned_for, power). -#}
{% macro metrics_declared(experiments) -%}
{%- set text, number = dbt.type_string(), 'double precision' -%}
{%- for experiment in experiments -%}
{%- set outer = loop -%}
{%- for metric in insitu.experiment_metrics(experiment) -%}
select
    '{{ experiment.name }}' as experiment,
    '{{ experiment.control }}' as control,
    '{{ metric.name }}' as metric,
    '{{ metric.kind }}' as kind,
    '{{ metric.role }}' as role,
    '{{ metric.better }}' as better,
    cast({{ metric.margin }} as {{ number }}) as margin,
    {%- for name in ['q', 'winsorise', 'minimum_effect'] %}
    cast({{ 'null' if metric[name] is none else metric[name] }} as {{ number }}) as {{ name }},
    {%- endfor %}
    cast({{ experiment.get('alpha') or 0.05 }} as {{ number }}) as alpha,
    '{{ experiment.get('correction') or 'holm' }}' as correction,
    cast({{ experiment.get('tuned_for') or 5000 }} as {{ number }}) as tuned_for,
    cast({{ experiment.get('power') or 0.8 }} as {{ number }}) as power
{{ 'union all' if not (loop.last and outer.last) }}
{% endfor %}
{%- else -%}
select
    {%- for name in ['experiment', 'control', 'metric', 'kind', 'role', 'better'] %}
    cast(null as {{ text }}) as {{ name }},
    {%- endfor %}
    {%- for name in ['margin', 'q', 'winsorise', 'minimum_effect', 'alpha'] %}
    cast(null as {{ number }}) as {{ name }},
    {%- endfor %}
    cast(null as {{ text }}) as correction,
    cast(null as {{ number }}) as tuned_for,
    cast(null as {{ number }}) as power
from (select 1 as one) as nothing
where 1 = 0
{%- endfor -%}
{%- endmacro %}

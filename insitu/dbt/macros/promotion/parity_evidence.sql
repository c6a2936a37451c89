{#- How many features had other values when they were scored than they have now, in the batches of the days before a moment
    of training: (n_batches, n_changed). NULL before anything was scored. Predictions come after promotions, so this reads
    what the last build left in `<use_case>__parity`. -#}
{% macro parity_evidence(use_case) -%}
{%- set days = insitu.use_case_config(use_case).promotion.parity_days -%}
{%- set moment = insitu.timestamp_literal(insitu.training_as_of(use_case)) -%}
{%- set parity = insitu.relation_there(use_case, 'parity') -%}
{%- if parity and 'is_tolerated' not in adapter.get_columns_in_relation(parity) | map(attribute='name') -%}
    {%- set parity = none -%}
{%- endif -%}
{%- if parity -%}
select
    count(distinct batch_id) as n_batches,
    count(distinct case when n_different > 0 and not is_tolerated then feature end) as n_changed
from {{ parity }}
where batch_as_of >= {{ moment }} - interval '{{ days }} days' and batch_as_of <= {{ insitu.timestamp_literal(insitu.as_of(use_case)) }}
having count(*) > 0
{%- else -%}
select cast(null as bigint) as n_batches, cast(null as bigint) as n_changed where 1 = 0
{%- endif -%}
{%- endmacro %}

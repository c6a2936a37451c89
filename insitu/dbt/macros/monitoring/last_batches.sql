{#- The last batch of every use case at `as_of`: (use_case, batch_id). Where there are several for one time, that of the
    champion. -#}
{% macro last_batches() -%}
select use_case, batch_id
from (
    select
        use_case,
        batch_id,
        row_number() over (
            partition by use_case
            order by batch_as_of desc, n_in_charge desc, predicted_at desc, batch_id
        ) as recency
    from {{ ref('insitu', 'ml_batches') }}
    where batch_as_of <= {{ insitu.timestamp_literal(insitu.as_of()) }}
) as batches
where recency = 1
{%- endmacro %}

{#- The last batch of every use case at `as_of`: (use_case, batch_id). Where there are several for one time, that of the
    champion. -#}
{% macro last_batches() -%}
select use_case, batch_id
from (
    select
        batches.use_case,
        batches.batch_id,
        row_number() over (
            partition by batches.use_case
            order by batches.batch_as_of desc, batches.n_in_charge desc, batches.predicted_at desc, batches.batch_id
        ) as recency
    from {{ insitu.rows_of(ref('insitu', 'ml_batches')) }} as batches
    inner join ({{ insitu.moments_of_use_cases() }}) as moments
        on batches.use_case = moments.use_case and batches.batch_as_of <= moments.now
) as batches
where recency = 1
{%- endmacro %}

{%- do insitu.overall_model('monitoring') -%}

with rhythms as (
    {{ insitu.rhythms() | indent(4) }}
),

findings as (
    select
        rhythms.use_case,
        'batch' as subject,
        rhythms.now as as_of,
        coalesce(sum(batches.n_in_charge), 0) as value,
        1 as limit_value,
        rhythms.every_text
    from rhythms
    left join {{ ref('ml_batches') }} as batches
        on rhythms.use_case = batches.use_case
        and batches.batch_as_of > rhythms.since
        and batches.batch_as_of <= rhythms.now
    group by rhythms.use_case, rhythms.now, rhythms.every_text
)

select
    {{ insitu.alert_columns('alert_no_predictions') }},
    'nothing was predicted in the ' || every_text || ' up to ' || cast(as_of as {{ dbt.type_string() }}) as message
from findings
where value = 0

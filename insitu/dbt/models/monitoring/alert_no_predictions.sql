{%- do insitu.overall_model('monitoring') -%}

with rhythms as (
    {{ insitu.rhythms() | indent(4) }}
),

ledger as (
    {% for use_case in insitu.use_cases_there() -%}
    select '{{ use_case }}' as use_case, batch_as_of, status
    from {{ insitu.use_case_ref(use_case, 'batches') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- runs that found nothing due
empty_runs as (
    select rhythms.use_case, count(*) as n_runs
    from rhythms
    inner join ledger
        on rhythms.use_case = ledger.use_case
        and ledger.status = 'empty'
        and ledger.batch_as_of > rhythms.since
        and ledger.batch_as_of <= rhythms.now
    group by rhythms.use_case
),

predicted as (
    select
        rhythms.use_case,
        rhythms.now,
        rhythms.every_text,
        coalesce(sum(batches.n_in_charge), 0) as n_in_charge
    from rhythms
    left join {{ ref('ml_batches') }} as batches
        on rhythms.use_case = batches.use_case
        and batches.batch_as_of > rhythms.since
        and batches.batch_as_of <= rhythms.now
    group by rhythms.use_case, rhythms.now, rhythms.every_text
),

findings as (
    select
        predicted.use_case,
        'batch' as subject,
        predicted.now as as_of,
        predicted.n_in_charge as value,
        1 as limit_value,
        predicted.every_text,
        coalesce(empty_runs.n_runs, 0) as n_empty_runs
    from predicted
    left join empty_runs on predicted.use_case = empty_runs.use_case
    where predicted.n_in_charge = 0
)

select
    {{ insitu.alert_columns('alert_no_predictions') }},
    'nothing was predicted in the ' || every_text || ' up to ' || cast(as_of as {{ dbt.type_string() }}) || case
        when n_empty_runs = 0 then ', and no run says that nothing was due'
        else ': nothing was due in ' || {{ insitu.count_text('n_empty_runs') }} || ' runs'
    end as message
from findings

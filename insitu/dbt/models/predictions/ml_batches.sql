{%- do insitu.overall_model('predictions') -%}

with predictions as (
    select * from {{ ref('ml_predictions') }}
),

-- what counts where one time has several batches: of several versions, or of a scoring set that changed in between
in_charge as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- set keys = ['batch_id'] + insitu.use_case_config(use_case).key -%}
    select '{{ use_case }}' as use_case, batch_id, sum(is_in_charge) as n_in_charge
    from {{ insitu.most_probable(use_case, insitu.use_case_ref(use_case, 'decisions'), keys) }} as decisions
    group by batch_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ledger as (
    {% for use_case in insitu.use_cases_there() -%}
    select '{{ use_case }}' as use_case, batch_id, is_shadow, n_missing, n_unseen
    from {{ insitu.use_case_ref(use_case, 'batches') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

batches as (
    select
        use_case,
        batch_id,
        batch_as_of,
        model_version,
        count(*) as n_predictions,
        avg(score) as mean_score,
        min(as_of) as first_as_of,
        max(as_of) as last_as_of,
        max({{ insitu.seconds_between('as_of', 'batch_as_of') }}) / 60 as delay_minutes,
        max(predicted_at) as predicted_at
    from predictions
    group by use_case, batch_id, batch_as_of, model_version
),

final as (
    select
        batches.*,
        cast(coalesce(in_charge.n_in_charge, 0) as bigint) as n_in_charge,
        coalesce(ledger.is_shadow, 0) as is_shadow,
        ledger.n_missing,
        ledger.n_unseen
    from batches
    left join in_charge on batches.use_case = in_charge.use_case and batches.batch_id = in_charge.batch_id
    left join ledger on batches.use_case = ledger.use_case and batches.batch_id = ledger.batch_id
)

select * from final

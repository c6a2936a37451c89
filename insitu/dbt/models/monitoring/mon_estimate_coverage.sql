{%- do insitu.overall_model('monitoring') -%}

with judged as (
    select * from {{ ref('mon_estimated_performance') }}
    where is_inside is not null
),

final as (
    select
        use_case,
        model_version,
        metric,
        count(*) as n_days,
        cast(sum(is_inside) as bigint) as n_inside,
        cast(avg(is_inside) as double precision) as share_inside,
        avg(value - realised_value) as mean_error
    from judged
    group by use_case, model_version, metric
)

select * from final

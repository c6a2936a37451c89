{#- The quantile bins of `reference`: (by…, bucket, above, at_least, up_to, n), the outer ones open. Equal values share a
    bin, by the middle of their ranks; `n` values fall into it. A bin of one value that came more than once holds that value
    only: of what lies beside it the reference had nothing. -#}
{% macro psi_numeric_bins(reference, by=[], options={}) %}
    select
        {{ insitu.by_columns(by) }}
        cast(bin as {{ dbt.type_string() }}) as bucket,
        lag(highest) over ({{ insitu.partition_by(by) }} order by bin) as above,
        case when lowest = highest and n > 1 then lowest end as at_least,
        case
            when lowest = highest and n > 1 then highest
            when lead(bin) over ({{ insitu.partition_by(by) }} order by bin) is not null then highest
        end as up_to,
        n
    from (
        select {{ insitu.by_columns(by) }}bin, min(value) as lowest, max(value) as highest, sum(n) as n
        from (
            select
                {{ insitu.by_columns(by) }}
                value,
                n,
                floor(
                    (sum(n) over ({{ insitu.partition_by(by) }} order by value) - n / 2) * {{ options.get('bins', 10) }}
                    / sum(n) over ({{ insitu.partition_by(by) }})
                ) as bin
            from (
                select {{ insitu.by_columns(by) }}value, cast(count(*) as double precision) as n
                from {{ reference }}
                where {{ insitu.is_finite('value') }}
                {{ insitu.group_by(by, ['value']) }}
            ) as steps
        ) as ranked
        {{ insitu.group_by(by, ['bin']) }}
    ) as edges
{% endmacro %}

{#- The rows of `relation` counted by bin: (by…, over…, bucket, n). NULL, NaN and infinities are the bucket `missing`, a
    value in no bin is `unseen`. Equal values are looked up once. -#}
{% macro psi_numeric_buckets(bins, relation, by=[], over=[]) %}
    {%- set bucket = "coalesce(bins.bucket, case when steps.value is null then 'missing' else 'unseen' end)" %}
    select {{ insitu.by_columns(by + over, 'steps.') }}{{ bucket }} as bucket, sum(steps.n) as n
    from (
        select {{ insitu.by_columns(by + over) }}value, cast(count(*) as double precision) as n
        from (
            select
                {{ insitu.by_columns(by + over) }}
                case when {{ insitu.is_finite('value') }} then value end as value
            from {{ relation }}
        ) as rows_to_bin
        {{ insitu.group_by(by + over, ['value']) }}
    ) as steps
    left join {{ bins }} as bins
        on {{ insitu.join_on('steps', 'bins', by) }}
        and (bins.above is null or steps.value > bins.above)
        and (bins.at_least is null or steps.value >= bins.at_least)
        and (bins.up_to is null or steps.value <= bins.up_to)
        and steps.value is not null
    group by {{ insitu.by_columns(by + over, 'steps.') }}{{ bucket }}
{% endmacro %}

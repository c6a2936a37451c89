{#- The quantile bins of `reference`: (by…, bin, above, up_to), the outer ones open. Equal values share a bin, by the middle
    of their ranks. -#}
{% macro psi_numeric_bins(reference, by=[], options={}) %}
    select
        {{ by_columns(by) }}
        bin,
        lag(highest) over ({{ partition_by(by) }} order by bin) as above,
        case when lead(bin) over ({{ partition_by(by) }} order by bin) is not null then highest end as up_to
    from (
        select {{ by_columns(by) }}bin, max(value) as highest
        from (
            select
                {{ by_columns(by) }}
                value,
                floor(
                    (sum(n) over ({{ partition_by(by) }} order by value) - n / 2) * {{ options.get('bins', 10) }}
                    / sum(n) over ({{ partition_by(by) }})
                ) as bin
            from (
                select {{ by_columns(by) }}value, cast(count(*) as double precision) as n
                from {{ reference }}
                where {{ is_finite('value') }}
                {{ group_by(by, ['value']) }}
            ) as steps
        ) as ranked
        {{ group_by(by, ['bin']) }}
    ) as edges
{% endmacro %}

{#- The rows of `relation` counted by bin: (by…, over…, bucket, n). NULL, NaN and infinities are the bucket `missing`. -#}
{% macro psi_numeric_buckets(bins, relation, by=[], over=[]) %}
    select {{ by_columns(by + over) }}bucket, cast(count(*) as double precision) as n
    from (
        select
            {{ by_columns(by + over, 'rows_to_bin.') }}
            coalesce(cast(bins.bin as {{ dbt.type_string() }}), 'missing') as bucket
        from (
            select
                {{ by_columns(by + over) }}
                case when {{ is_finite('value') }} then value end as value
            from {{ relation }}
        ) as rows_to_bin
        left join {{ bins }} as bins
            on {{ join_on('rows_to_bin', 'bins', by) }}
            and (bins.above is null or rows_to_bin.value > bins.above)
            and (bins.up_to is null or rows_to_bin.value <= bins.up_to)
            and rows_to_bin.value is not null
    ) as binned
    {{ group_by(by + over, ['bucket']) }}
{% endmacro %}

{#- The buckets of the categories of `reference`: (by…, value, bucket, n), `=name` for the largest twenty, `other` for
    the rest; the category comes `n` times. -#}
{% macro psi_categorical_bins(reference, by=[], options={}) %}
    select
        {{ insitu.by_columns(by) }}
        value,
        case
            when row_number() over ({{ insitu.partition_by(by) }} order by count(*) desc, value collate "C")
                <= {{ options.get('categories', 20) }}
                then '=' || value
            else 'other'
        end as bucket,
        cast(count(*) as double precision) as n
    from {{ reference }}
    where value is not null
    {{ insitu.group_by(by, ['value']) }}
{% endmacro %}

{#- The rows of `relation` counted by bucket: (by…, over…, bucket, n). A category the reference never had is `unseen`,
    NULL is `missing`. -#}
{% macro psi_categorical_buckets(bins, relation, by=[], over=[]) %}
    select {{ insitu.by_columns(by + over) }}bucket, cast(count(*) as double precision) as n
    from (
        select
            {{ insitu.by_columns(by + over, 'rows_to_bin.') }}
            case when rows_to_bin.value is null then 'missing' else coalesce(bins.bucket, 'unseen') end as bucket
        from {{ relation }} as rows_to_bin
        left join {{ bins }} as bins
            on {{ insitu.join_on('rows_to_bin', 'bins', by) }} and rows_to_bin.value = bins.value
    ) as binned
    {{ insitu.group_by(by + over, ['bucket']) }}
{% endmacro %}

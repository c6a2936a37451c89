{% macro psi_categorical_buckets(reference, relation, by=[], over=[], options={}) %}
{#- Rows of `relation` counted by category of `reference`: (by…, over…, bucket, n). The buckets are the largest twenty
    categories (`=name`), `other` for the reference's rest, `unseen` for what it never had, and `missing` for NULL. -#}
    select {{ by_columns(by + over) }}bucket, cast(count(*) as double precision) as n
    from (
        select
            {{ by_columns(by + over, 'rows_to_bin.') }}
            case when rows_to_bin.value is null then 'missing' else coalesce(categories.bucket, 'unseen') end as bucket
        from {{ relation }} as rows_to_bin
        left join (
            select
                {{ by_columns(by) }}
                value,
                case
                    when row_number() over ({{ partition_by(by) }} order by count(*) desc, value collate "C")
                        <= {{ options.get('categories', 20) }}
                        then '=' || value
                    else 'other'
                end as bucket
            from {{ reference }}
            where value is not null
            {{ group_by(by, ['value']) }}
        ) as categories
            on {{ join_on('rows_to_bin', 'categories', by) }} and rows_to_bin.value = categories.value
    ) as binned
    {{ group_by(by + over, ['bucket']) }}
{% endmacro %}

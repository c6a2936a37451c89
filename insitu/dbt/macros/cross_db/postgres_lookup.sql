{#- Has the table an index that starts with these key columns, in any order, and goes on with the availability column? -#}
{% macro has_lookup_index(events, keys, available_at) %}
    {%- set query -%}
        select string_agg(attribute.attname, ',' order by position.n) as columns
        from pg_index as i
        inner join pg_class as c on c.oid = i.indrelid
        inner join pg_namespace as n on n.oid = c.relnamespace
        cross join lateral unnest(i.indkey) with ordinality as position (attnum, n)
        inner join pg_attribute as attribute on attribute.attrelid = c.oid and attribute.attnum = position.attnum
        where n.nspname = '{{ events.schema }}' and c.relname = '{{ events.identifier }}' and i.indisvalid and i.indpred is null
        group by i.indexrelid
    {%- endset -%}
    {%- for row in run_query(query).rows -%}
        {%- set columns = row[0].split(',') -%}
        {%- if columns[:keys | length] | sort == keys | sort and columns | length > keys | length and columns[keys | length] == available_at -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}


{#- (role, pages, rows as the planner knows or as the bytes suggest) of {role: relation}; only tables can be sampled. -#}
{% macro table_sizes(relations) %}
    {%- for role, relation in relations.items() %}
    select '{{ role }}', pg_relation_size(c.oid) / 8192, case when c.reltuples > 0 then c.reltuples else pg_relation_size(c.oid) / 64 end
    from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = '{{ relation.schema }}' and c.relname = '{{ relation.identifier }}' and c.relkind in ('r', 'm')
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}


{#- Spine rows, events, pairs of equal key, and the seconds the events span, scaled up from samples of about 200 pages. -#}
{% macro lookup_sample(spine, events, keys, available_at, shares) %}
    with spine_sample as (
        select {{ keys.keys() | join(', ') }}, count(*) as n from {{ spine }} tablesample system ({{ shares.spine }}) repeatable (1)
        group by {{ keys.keys() | join(', ') }}
    ),
    event_sample as (
        select {{ keys.values() | join(', ') }}, count(*) as n, min({{ available_at }}) as first_at, max({{ available_at }}) as last_at
        from {{ events }} tablesample system ({{ shares.events }}) repeatable (1)
        group by {{ keys.values() | join(', ') }}
    )
    select
        (select coalesce(sum(n), 0) from spine_sample) * {{ 100 / shares.spine }},
        (select coalesce(sum(n), 0) from event_sample) * {{ 100 / shares.events }},
        (
            select coalesce(sum(spine_sample.n::double precision * event_sample.n), 0)
            from spine_sample inner join event_sample
                on {% for spine_column, event_column in keys.items() %}spine_sample.{{ spine_column }} = event_sample.{{ event_column }}{{ ' and ' if not loop.last }}{% endfor %}
        ) * {{ 100 / shares.spine }} * {{ 100 / shares.events }},
        (select coalesce(extract(epoch from max(last_at) - min(first_at)), 0) from event_sample)
{% endmacro %}

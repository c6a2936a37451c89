{#- Has the table an index that starts with these key columns, in any order, and goes on with the availability
    column? -#}
{% macro has_lookup_index(events, keys, known_at) %}
    {%- set query -%}
        select json_agg(attribute.attname order by position.n)::text as columns
        from pg_index as i
        inner join pg_class as c on c.oid = i.indrelid
        inner join pg_namespace as n on n.oid = c.relnamespace
        cross join lateral unnest(i.indkey) with ordinality as position (attnum, n)
        inner join pg_attribute as attribute on attribute.attrelid = c.oid and attribute.attnum = position.attnum
        where n.nspname = {{ insitu.text_literal(events.schema) }} and c.relname = {{ insitu.text_literal(events.identifier) }}
            and i.indisvalid and i.indpred is null
        group by i.indexrelid
    {%- endset -%}
    {%- for row in run_query(query).rows -%}
        {%- set columns, n = fromjson(row[0]), keys | length -%}
        {%- if columns[:n] | sort == keys | sort and insitu.quoted(columns[n:n + 1]) == [known_at] -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}


{#- (role, pages, rows as the planner knows or as the bytes suggest) of {role: relation}; only tables can be
    sampled. -#}
{% macro table_sizes(relations) %}
    {%- for role, relation in relations.items() %}
    select
        '{{ role }}',
        pg_relation_size(c.oid) / 8192,
        case when c.reltuples > 0 then c.reltuples else pg_relation_size(c.oid) / 64 end
    from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = {{ insitu.text_literal(relation.schema) }} and c.relname = {{ insitu.text_literal(relation.identifier) }}
        and c.relkind in ('r', 'm')
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}


{#- Spine rows, events, pairs of equal key, and the seconds the events span, scaled up from samples of about 200
    pages. -#}
{% macro lookup_sample(spine, events, keys, known_at, shares) %}
    {%- set spine_keys, event_keys = insitu.quoted(keys) | join(', '), insitu.quoted(keys.values()) | join(', ') %}
    with spine_sample as (
        select {{ spine_keys }}, count(*) as n
        from {{ spine }} tablesample system ({{ shares.spine }}) repeatable (1)
        group by {{ spine_keys }}
    ),
    event_sample as (
        select {{ event_keys }}, count(*) as n, min({{ known_at }}) as first_at, max({{ known_at }}) as last_at
        from {{ events }} tablesample system ({{ shares.events }}) repeatable (1)
        group by {{ event_keys }}
    )
    select
        (select coalesce(sum(n), 0) from spine_sample) * {{ 100 / shares.spine }},
        (select coalesce(sum(n), 0) from event_sample) * {{ 100 / shares.events }},
        (
            select coalesce(sum(spine_sample.n::double precision * event_sample.n), 0)
            from spine_sample inner join event_sample
                on {{ insitu.join_on('spine_sample', 'event_sample', keys) }}
        ) * {{ 100 / shares.spine }} * {{ 100 / shares.events }},
        (select coalesce(extract(epoch from max(last_at) - min(first_at)), 0) from event_sample)
{% endmacro %}

{#-
    The tiers of time that partial aggregates are kept for, finest first, as [{'seconds', 'label'}]. The last one holds
    the longest window and has no table: it only says where to look. Widths are powers of two in seconds, so that they
    nest, each eight times the one below; the finest is the widest whose busiest places hold few events.
-#}
{% macro choose_tiers(plan) %}
    {%- set in_parts = plan.base_columns | selectattr('strategy', 'equalto', 'partials') -%}
    {%- set seconds = in_parts | map(attribute='window.seconds') | unique | list -%}
    {%- if seconds | length > 62 -%}
        {%- do insitu.features_error('windows', seconds | length ~ ' bounded windows', 'at most 62 in one model') -%}
    {%- endif -%}
    {%- set longest = seconds | max -%}
    {%- set widths = [] -%}
    {%- for power in range(40) if 2 ** power >= longest and not widths -%}
        {%- do widths.append(2 ** power) -%}
    {%- endfor -%}
    {%- for _ in range(6) if widths[-1] >= 8 -%}{%- do widths.append(widths[-1] // 8) -%}{%- endfor -%}
    {#- Without a sample: as if each tier held ten times the events of the one below, and the third few. -#}
    {%- set crowds = insitu.events_per_tier(plan, widths, [1000, 100, 10, 0, 0, 0, 0]) -%}
    {%- set tiers = [] -%}
    {%- for width in widths -%}
        {%- if loop.first or crowds[loop.index0 - 1] > 16 -%}
            {%- do tiers.insert(0, {'seconds': width, 'label': width ~ 's'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tiers) }}
{% endmacro %}


{#-
    How many events of its key and tier an event finds beside it on average, for each width, from a sample; `unknown`
    without one (no events yet, or a view in PostgreSQL).
-#}
{% macro events_per_tier(plan, widths, unknown) %}
    {%- set is_built = execute and plan.events is not string and load_relation(plan.events) -%}
    {%- set sample = adapter.dispatch('event_sample', 'insitu')(plan.events) if is_built else none -%}
    {%- if not sample -%}{{ return(unknown) }}{%- endif -%}
    {%- set keys = insitu.quoted(plan.key_columns.values()) | join(', ') -%}
    {%- set query -%}
        with sampled as (
            select {{ keys }}, {{ plan.known_at }} as moment from {{ plan.events }} {{ sample.clause }}
        )
        {%- for width in widths %}
        select
            {{ loop.index }} as n,
            coalesce(sum(n_events * (n_events - 1.0)) / sum(n_events), 0) / {{ sample.share }} as others
        from (
            select count(*) as n_events
            from sampled
            group by {{ keys }}, {{ insitu.time_block('moment', width) }}
        ) as crowd
        {{ 'union all' if not loop.last }}
        {%- endfor %}
        order by n
    {%- endset -%}
    {{ return(run_query(query).columns[1].values() | map('float') | list) }}
{% endmacro %}


{#- About 50,000 rows, each drawn by itself: whole pages would hold events of one time. {'clause', 'share' of all
    rows} -#}
{% macro duckdb__event_sample(events) %}
    {%- set rows = run_query('select count(*) from ' ~ events).rows[0][0] | int -%}
    {%- set share = [1.0, 50000 / ([rows, 1] | max)] | min -%}
    {%- set clause = 'using sample ' ~ (100 * share) ~ ' percent (bernoulli, 1)' -%}
    {{ return({'clause': clause if share < 1 else '', 'share': share}) }}
{% endmacro %}

{% macro postgres__event_sample(events) %}
    {%- set sizes = run_query(insitu.table_sizes({'events': events})).rows -%}
    {%- if not sizes -%}{{ return(none) }}{%- endif -%}
    {%- set share = [1.0, 50000 / ([sizes[0][2] | int, 1] | max)] | min -%}
    {%- set clause = 'tablesample bernoulli (' ~ 100 * share ~ ') repeatable (1)' -%}
    {{ return({'clause': clause if share < 1 else '', 'share': share}) }}
{% endmacro %}


{#- What `insitu explain` says: the tiers that are aggregated once for all windows. -#}
{% macro tiers_reason(tiers) %}
    {%- set texts = [] -%}
    {%- for tier in tiers[:-1] -%}
        {%- for unit, size in [('days', 86400), ('hours', 3600), ('minutes', 60), ('seconds', 1)]
                if tier.seconds >= size -%}
            {%- if loop.first -%}{%- do texts.append((tier.seconds / size) | round(1) ~ ' ' ~ unit) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set kept = 'tiers of ' ~ texts | join(', ') ~ ' keep few events to a tier' -%}
    {{ return('nothing is subtracted; ' ~ (kept if texts else 'a window holds few events: no tiers needed')) }}
{% endmacro %}

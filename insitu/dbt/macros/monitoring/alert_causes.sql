{#- What the findings of a use case hang together by, for those that are not about a feature: {alert: cause}. One that is
    about a feature hangs together with the others of its source. -#}
{% macro alert_causes() %}
    {{- return({
        'alert_no_predictions': 'runs',
        'alert_late_predictions': 'runs',
        'alert_volume_change': 'runs',
        'alert_label_delay': 'labels',
        'alert_performance_drop': 'model',
        'alert_calibration': 'model',
        'alert_business_loss': 'model',
        'alert_score_drift': 'scores',
    }) -}}
{% endmacro %}


{#- Rows (use_case, feature, source): the sources, seeds and models without parents that a feature is computed from; its own
    model where that is not known. -#}
{% macro sources_of_features() -%}
{%- set text = dbt.type_string() -%}
{%- for use_case in insitu.use_cases_there() if execute -%}
{%- for feature, sources in insitu.sources_by_feature(use_case).items() -%}
{%- for source in sources -%}
select '{{ use_case }}' as use_case, {{ insitu.text_literal(feature) }} as feature, {{ insitu.text_literal(source) }} as source
union all
{% endfor -%}
{%- endfor -%}
{%- endfor -%}
select cast(null as {{ text }}) as use_case, cast(null as {{ text }}) as feature, cast(null as {{ text }}) as source
where 1 = 0
{%- endmacro %}


{#- The sources of each feature of a use case by name, as `origins_of` finds them: {feature: [source, …]}. -#}
{% macro sources_by_feature(use_case) %}
    {%- set key = insitu.use_case_config(use_case).key -%}
    {%- set features = insitu.node_named(use_case ~ '__features') -%}
    {%- set found, read_itself = {}, [] -%}
    {%- for id in (features.depends_on.nodes if features else []) -%}
        {%- if id in graph.sources -%}{%- do read_itself.append(graph.sources[id].source_name ~ '.' ~ graph.sources[id].name) -%}{%- endif -%}
        {%- set node = graph.nodes.get(id) -%}
        {%- set sources = insitu.origins_of(node) if node else [] -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) if sources else none -%}
        {%- for column in (adapter.get_columns_in_relation(relation) if relation else []) if column.name not in key -%}
            {%- do found.update({column.name: found.get(column.name, []) + sources}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set relation = adapter.get_relation(features.database, features.schema, features.alias) if features else none -%}
    {%- for column in (adapter.get_columns_in_relation(relation) if relation else []) if column.name not in key -%}
        {%- do found.setdefault(column.name, read_itself or [features.name]) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- Rows (use_case, alert, subject, cause) of findings, a CTE of (use_case, alert, subject). Of several sources of a feature,
    the cause is the one of which the largest share of the features is among the findings, and of those the one that
    feeds the fewest. Drift of the scores goes with that of the features where this has one cause. -#}
{% macro causes_of(findings) -%}
{%- set declared = insitu.alert_causes() -%}
select
    findings.use_case,
    findings.alert,
    findings.subject,
    coalesce(
        case when findings.alert = 'alert_score_drift' then alone.cause end,
        case findings.alert
            {%- for alert, cause in declared.items() %}
            when '{{ alert }}' then '{{ cause }}'
            {%- endfor %}
            else likeliest.source
        end,
        replace(substr(findings.alert, 7), '_', ' ')
    ) as cause
from {{ findings }} as findings
left join likeliest on findings.use_case = likeliest.use_case and findings.subject = likeliest.feature
left join alone on findings.use_case = alone.use_case
{%- endmacro %}


{#- The CTEs that `causes_of` reads. -#}
{% macro cause_ctes(findings) -%}
sources as (
    select distinct use_case, feature, source
    from (
        {{ insitu.sources_of_features() | indent(8) }}
    ) as sources
),

about_features as (
    select distinct use_case, subject as feature
    from {{ findings }}
    where alert not in ({% for alert in insitu.alert_causes() %}'{{ alert }}'{{ ', ' if not loop.last }}{% endfor %})
),

affected as (
    select
        sources.use_case,
        sources.source,
        count(*) as n_features,
        count(about_features.feature) as n_found
    from sources
    left join about_features on sources.use_case = about_features.use_case and sources.feature = about_features.feature
    group by sources.use_case, sources.source
),

ranked as (
    select
        sources.use_case,
        sources.feature,
        sources.source,
        row_number() over (
            partition by sources.use_case, sources.feature
            order by affected.n_found * 1.0 / affected.n_features desc, affected.n_features, sources.source
        ) as place
    from sources
    inner join about_features on sources.use_case = about_features.use_case and sources.feature = about_features.feature
    inner join affected on sources.use_case = affected.use_case and sources.source = affected.source
),

likeliest as (
    select use_case, feature, source
    from ranked
    where place = 1
),

-- the one source that all findings about features have, where there is one
alone as (
    select use_case, min(source) as cause
    from likeliest
    group by use_case
    having min(source) = max(source)
)
{%- endmacro %}

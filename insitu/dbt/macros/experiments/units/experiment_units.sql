{#- Body of `<use_case>__experiment_units`: what each unit of an experiment has brought, by metric, from `<use_case>__exposures`
    and what came of them: `<use_case>__outcomes`, or a relation with the same key, `matured_at` and the columns that metrics
    name. A row holds for the looks from `counted_from` up to the day before `counted_until`, so that a query for a past day
    finds what was known then.

    A unit with a `window` counts once, when the window after its first exposure is over and all outcomes in it are known.
    Without a window it counts from its first outcome on, and each further one adds a row. A unit that was exposed to two
    variants (in its window, where there is one) counts no longer from that day on. -#}
{% macro experiment_units(use_case, outcomes=none) -%}
{%- do insitu.use_case_model(use_case, 'actions') -%}
{%- set exposures = insitu.use_case_ref(use_case, 'exposures') -%}
{%- set own = insitu.use_case_ref(use_case, 'outcomes') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{#- a row with several classes has one outcome -#}
{%- set known_of = outcomes or insitu.most_probable(use_case, own, config.key + ['batch_id']) -%}
{%- set outcomes = outcomes or own -%}
{%- set spine, features = insitu.use_case_ref(use_case, 'spine'), insitu.use_case_ref(use_case, 'features') -%}
{%- set experiments = insitu.experiments(use_case) -%}
{%- set types = insitu.types_of_columns(outcomes) -%}
{%- set before = insitu.columns_before_exposure(experiments) -%}
{%- set homes = insitu.homes_of_columns(use_case, {'spine': spine, 'features': features}, before) -%}
{%- set slices = [] -%}
{%- for experiment in experiments -%}{%- do slices.extend(experiment.get('slices') or []) -%}{%- endfor -%}
{%- set slices = slices | unique | list -%}
{%- set now = insitu.timestamp_literal(insitu.newest_as_of(use_case)) -%}
{%- set measured = insitu.measured_columns(experiments) -%}
{%- if types -%}
    {%- do insitu.check_columns(outcomes, types.keys() | list, measured, '`metrics` in meta.ml.experiments of ' ~ use_case ~ '__models') -%}
{%- endif -%}
{%- set of_unit = 'partition by experiment, unit_id' %}
with exposures as (
    select * from {{ exposures }}
    where exposed_at <= {{ now }}
),

outcomes as (
    select * from {{ insitu.rows_of(known_of) }} as known_of
    where matured_at <= {{ now }}
),

steps as (
    {{ insitu.steps_in_force(use_case) | indent(4) }}
),

-- the moment at which a unit's window is over; NULL where its experiment has none
windows as (
    select
        *,
        case
            {%- for experiment in experiments if experiment.get('window') %}
            when experiment = '{{ experiment.name }}'
            then first_exposed_at + {{ insitu.duration_interval(use_case, 'experiments', experiment.window) }}
            {%- endfor %}
            when false then first_exposed_at
        end as window_end
    from (
        select
            *,
            min(exposed_at) over ({{ of_unit }}) as first_exposed_at,
            first_value(variant) over ({{ of_unit }} order by exposed_at, variant) as first_variant,
            first_value(is_control) over ({{ of_unit }} order by exposed_at, variant) as first_is_control,
            count(*) over ({{ of_unit }}) as n_exposures,
            row_number() over ({{ of_unit }} order by exposed_at, variant) as place
        from exposures
    ) as ranked
),

exposed as (
    select
        *,
        min(case when variant <> first_variant and in_window then exposed_at end) over ({{ of_unit }}) as conflicting_from
    from (select *, window_end is null or exposed_at < window_end as in_window from windows) as bounded
),

known as (
    select
        exposed.experiment,
        exposed.unit_id,
        exposed.conflicting_from,
        {%- for column in insitu.quoted(measured) %}
        outcomes.{{ column }},
        {%- endfor %}
        case
            when window_end is null then outcomes.matured_at
            when
                window_end <= {{ now }}
                and count(*) over (partition by exposed.experiment, exposed.unit_id)
                = count(outcomes.matured_at) over (partition by exposed.experiment, exposed.unit_id)
            then greatest(window_end, max(outcomes.matured_at) over (partition by exposed.experiment, exposed.unit_id))
        end as known_at
    from exposed
    left join outcomes on {{ insitu.join_on('exposed', 'outcomes', config.key + (['batch_id'] if 'batch_id' in types else [])) }}
    where exposed.in_window
),

values_of_days as (
    {%- for experiment in experiments %}
    {%- set outer = loop %}
    {%- for metric in insitu.experiment_metrics(experiment) %}
    {%- set value = insitu.as_number(insitu.identifier(metric.value), types.get(metric.value)) %}
    {%- set per = insitu.as_number(insitu.identifier(metric.per), types.get(metric.per)) if metric.per else '1.0' %}
    select
        experiment,
        unit_id,
        '{{ metric.name }}' as metric,
        '{{ metric.kind }}' as kind,
        cast(known_at as date) as day,
        {{ 'max' if metric.kind == 'proportion' else 'sum' }}({{ value }}) as numerator,
        {{ 'sum' if metric.per else 'max' }}({{ per }}) as denominator
    from known
    where experiment = '{{ experiment.name }}'
        and known_at is not null
        and ({{ value }}) is not null
        and ({{ per }}) is not null
        and (conflicting_from is null or cast(known_at as date) < cast(conflicting_from as date))
    group by experiment, unit_id, cast(known_at as date)
    {{ 'union all' if not (loop.last and outer.last) }}
    {%- endfor %}
    {%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as experiment,
        cast(null as {{ dbt.type_string() }}) as unit_id,
        cast(null as {{ dbt.type_string() }}) as metric,
        cast(null as {{ dbt.type_string() }}) as kind,
        cast(null as date) as day,
        cast(null as double precision) as numerator,
        cast(null as double precision) as denominator
    from known
    where 1 = 0
    {%- endfor %}
),

counted as (
    select
        experiment,
        unit_id,
        metric,
        day as counted_from,
        lead(day) over (of_unit) as counted_until,
        case when row_number() over (of_unit) = 1 then 1 else 0 end as is_first,
        case when kind = 'proportion' then max(numerator) over (of_unit) else sum(numerator) over (of_unit) end as numerator,
        case when kind = 'ratio' then sum(denominator) over (of_unit) else 1.0 end as denominator
    from values_of_days
    window of_unit as (partition by experiment, metric, unit_id order by day)
),

first_known as (
    select experiment, unit_id, min(cast(known_at as date)) as known_from
    from known
    group by experiment, unit_id
),

units as (
    select
        exposed.*,
        first_known.known_from,
        case when steps.state in ('rolled_back', 'stopped') then -1 else coalesce(steps.step, 0) end as step
        {%- for column in before %},
        {{ homes[column].relation }}.{{ insitu.identifier(column) }} as before_{{ loop.index0 }}
        {%- endfor %}
    from exposed
    left join first_known on exposed.experiment = first_known.experiment and exposed.unit_id = first_known.unit_id
    left join steps
        on exposed.experiment = steps.experiment
        and exposed.first_exposed_at > steps.holds_from
        and (steps.holds_until is null or exposed.first_exposed_at <= steps.holds_until)
    {%- for name, relation in {'spine': spine, 'features': features}.items() if name in homes.values() | map(attribute='relation') | list %}
    left join {{ insitu.rows_of(relation) }} as {{ name }} on {{ insitu.join_on('exposed', name, config.key) }}
    {%- endfor %}
    where exposed.place = 1
),

metrics as (
    {{ insitu.metrics_declared(experiments) | indent(4) }}
),

final as (
    select
        units.experiment,
        units.unit_id,
        units.first_variant as variant,
        units.first_is_control as is_control,
        units.step,
        units.first_exposed_at,
        cast(units.n_exposures as bigint) as n_rows,
        case when units.known_from is null and units.conflicting_from is null then 1 else 0 end as is_pending,
        case when units.conflicting_from is not null then 1 else 0 end as is_conflicting,
        units.conflicting_from,
        units.known_from,
        metrics.metric,
        counted.counted_from,
        coalesce(counted.counted_until, case when counted.counted_from is not null then cast(units.conflicting_from as date) end)
            as counted_until,
        counted.is_first,
        counted.numerator,
        counted.denominator,
        case
            {%- for experiment in experiments %}
            {%- for metric in insitu.experiment_metrics(experiment) if metric.covariate %}
            when units.experiment = '{{ experiment.name }}' and metrics.metric = '{{ metric.name }}'
            then {{ insitu.as_number('units.before_' ~ before.index(metric.covariate), homes[metric.covariate].type) }}
            {%- endfor %}
            {%- endfor %}
            when false then 0.0
        end as covariate
        {%- for column in slices %},
        coalesce(cast(units.before_{{ before.index(column) }} as {{ dbt.type_string() }}), '(missing)') as {{ insitu.identifier('slice_' ~ column) }}
        {%- endfor %}
    from units
    inner join metrics on units.experiment = metrics.experiment
    left join counted
        on units.experiment = counted.experiment
        and units.unit_id = counted.unit_id
        and metrics.metric = counted.metric
)

select * from final
{%- endmacro %}


{#- Where columns are found that are known before exposure: {column: {relation, type}}, of the first relation that has it. -#}
{% macro homes_of_columns(use_case, relations, columns) %}
    {%- set homes, found = {}, [] -%}
    {%- for name, relation in relations.items() -%}
        {%- set types = insitu.types_of_columns(relation) if columns else {} -%}
        {%- do found.extend(types.keys()) -%}
        {%- for column in columns if column in types and column not in homes -%}
            {%- do homes.update({column: {'relation': name, 'type': types[column]}}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column in columns if column not in homes -%}
        {%- if found -%}
            {%- do exceptions.raise_compiler_error(
                "`" ~ use_case ~ "__models`: an experiment of meta.ml.experiments slices by or has the covariate `" ~ column
                ~ "`, which is no column of " ~ relations.values() | map(attribute='identifier') | join(' or ') ~ " (there are: "
                ~ found | unique | join(', ') ~ "). Add it there, or correct the name."
            ) -%}
        {%- endif -%}
        {%- do homes.update({column: {'relation': relations.keys() | first, 'type': none}}) -%}
    {%- endfor -%}
    {{- return(homes) -}}
{% endmacro %}

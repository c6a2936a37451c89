{#- Who gets which variant of which experiment: (key…, experiment, variant, unit_id, share, propensity, is_control, is_shadow,
    step, threshold, forced_action, assigned_version): the last four say what the variant changes. One row for each row of `rows`, which has the columns of `rows_assigned`, and each experiment in which it
    takes part. It is a function of the plan, the salt, the unit, the row's as-of time and the steps up to then. Reads the CTEs
    `steps` and `tenures`. -#}
{% macro assigned(use_case, experiments, rows) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set time = insitu.identifier(config.as_of) -%}
{%- set places = 4294967296 -%}
{% for experiment in experiments -%}
select
    {%- for column in insitu.quoted(config.key, 'placed.') %}
    {{ column }},
    {%- endfor %}
    '{{ experiment.name }}' as experiment,
    plan.variant,
    placed.unit_id,
    plan.share,
    plan.share as propensity,
    case when plan.variant = '{{ experiment.control }}' then 1 else 0 end as is_control,
    {{ 1 if experiment.shadow else 0 }} as is_shadow,
    plan.step,
    plan.threshold,
    plan.forced_action,
    case
        {%- if experiment.challenged %}
        when plan.model = 'challenger' then challenger.model_version
        {%- endif %}
        when plan.model <> 'champion' then plan.model
    end as assigned_version
from (
    select units.*, {{ insitu.unit_place(experiment.salt, 'units.unit_id') }} as place
    from (
        select
            {%- for column in insitu.quoted(config.key) %}
            {{ column }},
            {%- endfor %}
            {{ insitu.unit_id(experiment.unit) }} as unit_id
        from {{ rows }}
        where {{ time }} >= {{ experiment['from'] }}
            {%- if experiment.until %}
            and {{ time }} < {{ experiment.until }}
            {%- endif %}
            {%- if experiment.eligible %}
            and ({{ experiment.eligible }})
            {%- endif %}
    ) as units
    where units.unit_id is not null
        {%- if experiment.layer %}
        {%- set place = insitu.unit_place(use_case ~ '.layer.' ~ experiment.layer, 'units.unit_id') %}
        and {{ place }} >= {{ (experiment.layer_share[0] * places) | round | int }}
        and {{ place }} < {{ (experiment.layer_share[1] * places) | round | int }}
        {%- endif %}
) as placed
left join steps
    on steps.experiment = '{{ experiment.name }}'
    and placed.{{ time }} > steps.holds_from
    and (steps.holds_until is null or placed.{{ time }} <= steps.holds_until)
inner join (
    {{ insitu.plan(experiment) | indent(4) }}
) as plan
    on plan.step = case when steps.state in ('rolled_back', 'stopped') then -1 else coalesce(steps.step, 0) end
    and placed.place >= plan.first_place
    and placed.place < plan.end_place
{%- if experiment.challenged %}
cross join (select {{ insitu.challenger(use_case, experiment) | indent(4) }} as model_version) as challenger
-- without a version that could challenge, nobody takes part
where challenger.model_version is not null
{%- endif %}
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}


{#- Rows with all that experiments ask of them: their key, and where units or eligibility are of other columns, those of the
    spine. `keys` is a relation with the key. -#}
{% macro rows_assigned(use_case, experiments, keys) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set beyond = [] -%}
{%- for experiment in experiments -%}
    {%- do beyond.extend(experiment.unit | reject('in', config.key) | list + ([experiment.eligible] if experiment.eligible else [])) -%}
{%- endfor -%}
{%- if beyond -%}
select spine.*
from {{ insitu.relation_of(use_case, 'spine') }} as spine
where exists (select 1 from {{ keys }} as predicted where {{ insitu.join_on('predicted', 'spine', config.key) }})
{%- else -%}
select distinct {{ insitu.quoted(config.key) | join(', ') }}
from {{ keys }}
{%- endif -%}
{%- endmacro %}


{#- Stop where the unit of an experiment is not a column of the spine, or is a number with fractions, whose text is not the same
    on all warehouses. -#}
{% macro check_units(use_case, experiments) %}
    {%- set spine = insitu.relation_there(use_case, 'spine') -%}
    {%- if not (experiments and spine) -%}{{ return('') }}{%- endif -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(spine) -%}{%- do types.update({column.name: column.data_type | lower}) -%}{%- endfor -%}
    {%- for experiment in experiments -%}
        {%- set setting = "`unit` of the experiment `" ~ experiment.name ~ "` in meta.ml.experiments" -%}
        {%- do insitu.check_columns(spine, types.keys() | list, experiment.unit, setting) -%}
        {%- for column in experiment.unit if types[column] in ['double precision', 'double', 'real', 'float'] -%}
            {%- do exceptions.raise_compiler_error(
                "`" ~ use_case ~ "__models`: " ~ setting ~ " has `" ~ column ~ "`, which is " ~ types[column]
                ~ "; expected whole numbers, texts or times. Cast it in `" ~ use_case ~ "__spine`."
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}

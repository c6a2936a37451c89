{#- Which variant has which places in each step of an experiment, as rows of SQL: (step, variant, first_place, end_place,
    share, model, threshold, forced_action). Each treatment has a fixed place to begin at and grows from there, as far as its last share goes: no
    step moves anybody out of a treatment. What is left is the control's, in step -1 all. -#}
{% macro plan(experiment) -%}
{% for row in insitu.plan_rows(experiment) -%}
{%- set variant = experiment.variants | selectattr('name', 'equalto', row.variant) | first -%}
select
    {{ row.step }} as step,
    '{{ row.variant }}' as variant,
    cast({{ row.first }} as bigint) as first_place,
    cast({{ row.end }} as bigint) as end_place,
    cast({{ row.share }} as double precision) as share,
    cast({{ insitu.text_literal(variant.model) if variant.model else 'null' }} as {{ dbt.type_string() }}) as model,
    cast({{ 'null' if variant.threshold is none else variant.threshold }} as double precision) as threshold,
    cast({{ insitu.text_literal(variant.action) if variant.action else 'null' }} as {{ dbt.type_string() }}) as forced_action
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}


{#- The rows of `plan` as dictionaries. -#}
{% macro plan_rows(experiment) %}
    {%- set places = 4294967296 -%}
    {%- set begins, sum = {}, namespace(share=0) -%}
    {%- for variant in experiment.variants[1:] -%}
        {%- do begins.update({variant.name: sum.share}) -%}
        {%- set sum.share = sum.share + experiment.ramp[-1].shares.get(variant.name, 0) -%}
    {%- endfor -%}
    {%- set rows = [{'step': -1, 'variant': experiment.control, 'first': 0, 'end': places, 'share': 1}] -%}
    {%- for step in experiment.ramp -%}
        {%- set number, left = loop.index0, (1 - step.shares.values() | sum) | round(12) -%}
        {%- set at = namespace(place=0) -%}
        {%- for variant in experiment.variants[1:] -%}
            {%- set share = step.shares.get(variant.name, 0) -%}
            {%- set first = (begins[variant.name] * places) | round | int -%}
            {%- set end = [((begins[variant.name] + share) * places) | round | int, places] | min -%}
            {%- if first > at.place -%}
                {%- do rows.append({'step': number, 'variant': experiment.control, 'first': at.place, 'end': first, 'share': left}) -%}
            {%- endif -%}
            {%- if end > first -%}
                {%- do rows.append({'step': number, 'variant': variant.name, 'first': first, 'end': end, 'share': share}) -%}
            {%- endif -%}
            {%- set at.place = [end, at.place] | max -%}
        {%- endfor -%}
        {%- if at.place < places -%}
            {%- do rows.append({'step': number, 'variant': experiment.control, 'first': at.place, 'end': places, 'share': left}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(rows) -}}
{% endmacro %}


{#- A hash of what must not change while an experiment runs: by whom and how units fall to variants. The schedule, the end and
    the metrics may. -#}
{% macro plan_id(experiment) %}
    {%- set shares = [] -%}
    {%- for step in experiment.ramp -%}{%- do shares.append(step.shares | dictsort) -%}{%- endfor -%}
    {%- set layer_share = experiment.layer_share | list if experiment.layer_share else none -%}
    {{- return(local_md5(tojson([
        experiment.name, experiment.salt, experiment.unit, experiment.layer, layer_share, experiment['from'],
        experiment.eligible, experiment.shadow, experiment.variants, shares,
    ]))[:16]) -}}
{% endmacro %}


{#- Stop a build in which a running experiment was changed so that units would fall to other variants. -#}
{% macro check_plans(use_case, experiments) %}
    {%- set steps = insitu.relation_there(use_case, 'rollout_steps') -%}
    {%- if not (experiments and steps and flags.WHICH in ['run', 'build', 'compile']) -%}{{ return('') }}{%- endif -%}
    {%- set begun = {} -%}
    {%- for row in run_query('select experiment, max(plan_id), min(decided_at) from ' ~ steps ~ ' group by experiment').rows -%}
        {%- do begun.update({row[0]: row}) -%}
    {%- endfor -%}
    {%- for experiment in experiments if experiment.name in begun -%}
        {%- set _, plan_id, since = begun[experiment.name] -%}
        {%- if plan_id != insitu.plan_id(experiment) -%}
            {%- do exceptions.raise_compiler_error(
                "`" ~ use_case ~ "__models`: the experiment `" ~ experiment.name ~ "` has run since " ~ since
                ~ ", and its plan is another now (" ~ insitu.plan_id(experiment) ~ ", it began with " ~ plan_id ~ "). Its salt,"
                ~ " unit, layer, variants, shares, eligibility, `from` and `shadow` say who gets what, and stay as they were."
                ~ " Restore them, and declare the change as an experiment with a name of its own; `stop` this one in the"
                ~ " seed `experiment_overrides`, or give it an `until`."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

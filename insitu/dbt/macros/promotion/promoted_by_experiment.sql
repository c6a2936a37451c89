{#- Promotions of versions whose roll-out has completed, for `promotion: {by: experiment}`, with the columns of `promotions`. Such a
    version is in charge from the moment after the roll-out was decided: what fell due until then was scored by its variants.
    The step is one of the build before. Reads the CTEs of `promotions`. -#}
{% macro promoted_by_experiment(use_case, config, steps, now) -%}
{%- set text = dbt.type_string() -%}
select
    '{{ use_case }}' as use_case,
    completed.moment as training_as_of,
    completed.model_version,
    completed.decision,
    'its roll-out `' || completed.experiment || '` has completed: ' || completed.reason
    || case when completed.decision = 'rejected' then '; but it is not proved point in time' else '' end as reason,
    predecessor.model_version as previous_champion,
    '{{ insitu.selection_metric(config) }}' as metric,
    {%- for column in ['validation_value', 'test_value', 'champion_test_value', 'mean_difference', 'difference_error', 'calibration_error', 'calibration_error_low', 'worst_slice_loss'] %}
    cast(null as double precision) as {{ column }},
    {%- endfor %}
    cast(null as {{ text }}) as worst_slice,
    completed.point_in_time,
    cast(null as bigint) as parity_batches,
    cast(null as bigint) as parity_features_changed,
    false as is_tested,
    cast(0 as bigint) as tests_before,
    1 + (
        select count(*)
        from judgements
        where judgements.model_version = completed.model_version and judgements.training_as_of = completed.moment
    ) as judgement,
    current_timestamp at time zone 'UTC' as decided_at
from (
    select
        steps.experiment,
        steps.reason,
        steps.decided_at + interval '1 second' as moment,
        registered.model_version,
        registered.point_in_time,
        {%- if config.promotion.point_in_time == 'required' %}
        case when registered.point_in_time = 'proved' then 'promoted' else 'rejected' end as decision
        {%- else %}
        'promoted' as decision
        {%- endif %}
    from {{ steps }} as steps
    inner join {{ insitu.use_case_ref(use_case, 'models') }} as registered on steps.challenger = registered.model_version
    where steps.decision = 'completed'
        and steps.decided_at < {{ now }}
        and registered.status = 'trained'
        and registered.model_version not in (select model_version from vetoed)
) as completed
left join predecessor on 1 = 1
where not exists (
    select 1
    from judgements
    where judgements.model_version = completed.model_version
        and judgements.training_as_of = completed.moment
        and judgements.decision = completed.decision
)
{%- endmacro %}

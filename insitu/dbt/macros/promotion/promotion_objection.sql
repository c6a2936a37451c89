{#- The first objection to each challenger, NULL if there is none; the order is that in which they are told. -#}
{% macro promotion_objection(config) -%}
{%- set rules = config.promotion -%}
{%- set metric = insitu.selection_metric(config) -%}
{%- set task = config.task -%}
case
    when is_vetoed
        then 'vetoed: ' || coalesce(veto, 'see promotion_overrides')
    when validation_rank > 1 and validation_value = best_value
        then best_on_validation || ' has the same {{ metric }} on validation and was there before'
    when validation_rank > 1
        then best_on_validation || ' has the better {{ metric }} on validation'
    {%- if rules.point_in_time == 'required' %}
    when point_in_time = 'not proved'
        then 'not proved point in time: ' || coalesce(point_in_time_message, 'see insitu check')
    when coalesce(point_in_time, 'not checked') <> 'proved'
        then 'point in time was not checked: ' || coalesce(point_in_time_message, 'trained before the check was made')
    {%- endif %}
    {%- if rules.parity == 'required' %}
    when n_changed > 0
        then cast(n_changed as {{ dbt.type_string() }}) || ' features had other values when they were scored: see {{ config.use_case }}__parity'
    {%- endif %}
    when test_value is null
        then 'no {{ metric }} on the test'
    {%- if task != 'regression' %}
    when calibration_error_low > {{ rules.calibration_error }}
        then 'calibration error above {{ rules.calibration_error }} on the test by more than noise'
    {%- endif %}
    when previous_champion is null and skill is not null and skill <= 0
        then 'no better than {{ 'the mean label' if task == 'regression' else 'chance' }} on the test'
    {%- if rules.by == 'experiment' %}
    when predecessor is not null
        then 'promotion is by experiment, and no roll-out of it has completed'
    {%- endif %}
    when previous_champion is null
        then null
    when difference_error is null
        then 'fewer than two days of the test to compare with ' || previous_champion
    {#- P(Z > √(z² + 2 ln k)) is at most P(Z > z) / k: so much may k looks at one test find by chance. #}
    when mean_difference <= {{ 'sqrt(' ~ rules.z ~ ' * ' ~ rules.z ~ ' + 2 * ln(1 + tests_before))' if rules.z > 0 else rules.z }} * difference_error
        then 'not better than ' || previous_champion || ' on the test by more than noise'
    when worst_slice_loss > {{ rules.slice_loss }}
        then 'a slice lost more than {{ rules.slice_loss }} of {{ metric }}: ' || worst_slice
end
{%- endmacro %}


{#- Whether the test was looked at to judge a challenger: nothing spoke against it before. -#}
{% macro is_tested(config) -%}
{%- set rules = config.promotion -%}
not is_vetoed and validation_rank = 1
{%- if rules.point_in_time == 'required' %} and coalesce(point_in_time, 'not checked') = 'proved'{% endif %}
{%- if rules.parity == 'required' %} and coalesce(n_changed, 0) = 0{% endif %}
{%- endmacro %}

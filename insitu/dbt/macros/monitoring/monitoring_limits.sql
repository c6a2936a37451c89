{#- The limits of the alerts. A use case overrides one in `meta.ml.monitoring`, the project in the variable
    `monitoring_limits`; these are the defaults. -#}
{% macro default_limits() %}
    {{- return({
        'score_psi': 0.25,
        'feature_psi': 0.25,
        'feature_missing_share': 0.1,
        'feature_unseen_share': 0.1,
        'metric_drop': 0.02,
        'error_growth': 0.1,
        'calibration_error': 0.05,
        'unlabelled_share': 0.05,
        'volume_change': 0.5,
        'late_predictions': 0.5,
        'days_between_false_alarms': 30,
        'label_delay_days': 7,
        'sample_ratio': 0.001,
        'window_days': 7,
        'min_rows': 100,
        'quiet_days': 2,
        'ignore_features': [],
    }) -}}
{% endmacro %}

{#- One limit of one use case. -#}
{% macro monitoring_limit(use_case, name) %}
    {%- set of_use_case = insitu.use_case_config(use_case).monitoring -%}
    {%- set of_project = var('insitu_monitoring_limits', {}) -%}
    {%- set known = insitu.default_limits() -%}
    {%- for place, limits in [
        ('meta.ml.monitoring of ' ~ use_case ~ '__models', of_use_case),
        ('the variable insitu_monitoring_limits', of_project),
    ] -%}
        {%- for key in limits if key not in known and key not in ['owner', 'severity'] -%}
            {%- do exceptions.raise_compiler_error(
                "There is no alert limit `" ~ key ~ "` (in " ~ place ~ "). There are: "
                ~ known.keys() | join(', ') ~ "."
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(of_use_case.get(name, of_project.get(name, known[name]))) -}}
{% endmacro %}

{#- Rows (use_case, limit columns…): the named limits of every use case. -#}
{% macro limits_of_use_cases(names) -%}
{% for use_case in insitu.use_cases() -%}
select
    '{{ use_case }}' as use_case
    {%- for name in names %},
    {{ insitu.monitoring_limit(use_case, name) }} as {{ name }}
    {%- endfor %}
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}

{#- Whose the alerts of a use case are: `meta.ml.monitoring.owner`, or else the variable `insitu_alert_owner`; none where
    neither says it. -#}
{% macro alert_owner(use_case) %}
    {{- return(insitu.use_case_config(use_case).monitoring.get('owner', var('insitu_alert_owner', none))) -}}
{% endmacro %}


{#- A query, as SQL over use_case, alert and subject, that shows what an episode is about: of most alerts the table that
    they measure by, else what was said. -#}
{% macro alert_query() -%}
{%- set places = {
    'alert_no_predictions': [ref('insitu', 'ml_batches'), none, 'batch_as_of'],
    'alert_late_predictions': [ref('insitu', 'ml_batches'), none, 'batch_as_of'],
    'alert_volume_change': [ref('insitu', 'mon_volume'), none, 'day'],
    'alert_score_drift': [ref('insitu', 'mon_score_drift'), 'model_version', 'batch_as_of'],
    'alert_feature_drift': [ref('insitu', 'mon_feature_drift'), 'feature', 'batch_as_of'],
    'alert_unseen_values': [ref('insitu', 'mon_feature_drift'), 'feature', 'batch_as_of'],
    'alert_missing_features': [ref('insitu', 'mon_feature_drift'), 'feature', 'batch_as_of'],
    'alert_performance_drop': [ref('insitu', 'mon_performance'), 'model_version', 'day'],
    'alert_calibration': [ref('insitu', 'mon_performance'), 'model_version', 'day'],
    'alert_business_loss': [ref('insitu', 'mon_business'), none, 'day'],
    'alert_label_delay': [ref('insitu', 'mon_volume'), none, 'day'],
} -%}
{%- set use_case = "' where use_case = ''' || use_case || ''''" -%}
{%- set subject = "replace(subject, '''', '''''')" -%}
case
    {%- for alert, (relation, column, time) in places.items() %}
    when alert = '{{ alert }}'
        then {{ insitu.text_literal('select * from ' ~ relation.render()) }} || {{ use_case }}
            {%- if column %} || ' and {{ column }} = ''' || {{ subject }} || ''''{% endif %} || ' order by {{ time }} desc'
    {%- endfor %}
    {%- for use_case in insitu.use_cases() %}
    when alert = 'alert_parity' and use_case = '{{ use_case }}'
        then {{ insitu.text_literal('select * from ' ~ insitu.use_case_ref(use_case, 'parity').render()) }}
            || ' where feature = ''' || {{ subject }} || ''' order by batch_as_of desc'
    {%- endfor %}
    else {{ insitu.text_literal('select * from ' ~ ref('insitu', 'alert_history').render()) }} || {{ use_case }}
        || ' and alert = ''' || alert || ''' and subject = ''' || {{ subject }} || ''' order by saying desc'
end
{%- endmacro %}


{#- Whether a text matches a pattern in which `*` stands for any characters. -#}
{% macro matches_pattern(value, pattern) -%}
{{ value }} like replace(replace(replace(replace({{ pattern }}, '!', '!!'), '%', '!%'), '_', '!_'), '*', '%') escape '!'
{%- endmacro %}


{#- Stop with one clear error where a row of `alert_mutes` is not one: no end, an end before its beginning, another kind, no
    reason. -#}
{% macro check_mutes() %}
    {%- if not execute or flags.WHICH not in ['run', 'build'] or flags.EMPTY -%}{{ return('') }}{%- endif -%}
    {%- set wrong = run_query(
        "select use_case, alert, subject, effective_from, effective_until, kind, reason from " ~ ref('alert_mutes')
        ~ " where use_case is null or alert is null or subject is null or effective_from is null or effective_until is null"
        ~ " or effective_until <= effective_from or kind is null or kind not in ('mute', 'acknowledge')"
        ~ " or reason is null or trim(reason) = '' order by 1, 2, 3, 4"
    ) -%}
    {%- for row in wrong.rows -%}
        {%- do exceptions.raise_compiler_error(
            "In `alert_mutes`, the row " ~ row.values() | map('string') | join(', ') ~ " mutes nothing. Expected: use_case, alert"
            ~ " and subject (`*` stands for any), effective_from, an effective_until after it (a mute must end), kind mute or"
            ~ " acknowledge, and a reason."
        ) -%}
    {%- endfor -%}
{% endmacro %}

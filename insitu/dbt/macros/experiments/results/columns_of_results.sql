{#- The columns of `<use_case>__experiment_results` that say something of a last look, in their order. -#}
{% macro columns_of_results() %}
    {{- return([
        'experiment', 'day', 'metric', 'kind', 'role', 'variant', 'control', 'n_units_control', 'n_units', 'n_pending',
        'n_conflicting', 'value_control', 'value', 'effect', 'relative_effect', 'standard_error', 'relative_standard_error',
        'p_value', 'p_value_corrected', 'lower', 'upper', 'relative_lower', 'relative_upper', 'sequence_p_value',
        'sequence_lower', 'sequence_upper', 'relative_sequence_lower', 'relative_sequence_upper', 'alpha', 'margin',
        'is_not_worse', 'verdict', 'detectable_effect', 'n_units_needed', 'days_needed', 'trend', 'trend_p_value',
    ]) -}}
{% endmacro %}

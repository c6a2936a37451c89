{#- No feature was scored with other values than it has now, beyond what is tolerated; only where `meta.ml.parity.severity` is
    error. Otherwise `alert_parity` says it. -#}
{% test scored_features_equal(model) %}
select * from {{ model }}
where n_different > 0 and not is_tolerated and severity = 'error'
{% endtest %}

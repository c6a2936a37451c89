{#- No feature was scored with other values than the training set has for the same row, but for those that are declared
    in `meta.ml.parity.may_differ`. -#}
{% test scored_features_equal(model) %}
select * from {{ model }}
where n_different > 0 and not may_differ
{% endtest %}

{#- Warn, where `<use_case>__predictions_latest` is built, if predictions are there and none is valid any more: most often the
    rhythm is not declared. -#}
{% macro say_none_valid(use_case) %}
    {%- if not execute or flags.WHICH not in ['run', 'build'] -%}{{ return('') }}{%- endif -%}
    {%- set decisions = insitu.use_case_ref(use_case, 'decisions') -%}
    {%- if not load_relation(decisions) -%}{{ return('') }}{%- endif -%}
    {%- set config = insitu.use_case_config(use_case) -%}
    {%- set every = insitu.duration_interval(use_case, 'scoring.every', config.scoring.every) -%}
    {%- set last = 'max(' ~ insitu.identifier(config.as_of) ~ ')' -%}
    {%- set now = 'greatest(max(batch_as_of), ' ~ insitu.timestamp_literal(insitu.newest_as_of(use_case)) ~ ')' -%}
    {%- set found = run_query(
        "select cast(" ~ last ~ " as " ~ dbt.type_string() ~ "), " ~ last ~ " + " ~ every ~ " <= " ~ now
        ~ " from " ~ decisions ~ " where is_in_charge = 1"
    ).rows[0] -%}
    {%- if found[1] -%}
        {%- do exceptions.warn(
            "`" ~ use_case ~ "__predictions_latest` is empty: the last prediction is of " ~ found[0] ~ ", and each is valid"
            ~ " for " ~ config.scoring.every ~ ". If predictions are due less often, say so: `scoring: {every: …}` in"
            ~ " meta.ml of `" ~ use_case ~ "__models`."
        ) -%}
    {%- endif -%}
{% endmacro %}

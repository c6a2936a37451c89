{#- Warn, where a training set is built, of slices that its labels do not fit: they take longer than the gap, or so long that
    the test, the validation or the training rows are cut short. Says what would do. -#}
{% macro say_slices(use_case) %}
    {%- if not execute or flags.WHICH not in ['run', 'build'] -%}{{ return('') }}{%- endif -%}
    {%- set labels = insitu.use_case_ref(use_case, 'labels') -%}
    {%- if not load_relation(labels) -%}{{ return('') }}{%- endif -%}
    {%- set config, slices = insitu.use_case_config(use_case), insitu.slices(use_case) -%}
    {%- set training, moment = config.training, insitu.timestamp_literal(insitu.training_as_of(use_case)) -%}
    {%- set as_of, test_begins, test_ends = insitu.identifier(config.as_of), slices.tests[0][0], slices.tests[-1][1] -%}
    {%- set found = run_query(
        "with labels as (select " ~ as_of ~ " as as_of, matured_at, "
        ~ insitu.seconds_between(as_of, 'matured_at') ~ " / 86400.0 as days, " ~ insitu.split(use_case, as_of) ~ " as split"
        ~ " from " ~ labels ~ " where matured_at < " ~ moment ~ ")"
        ~ " select count(*), ceil(percentile_cont(0.95) within group (order by days)),"
        ~ " count(case when split = 'test' then 1 end), count(case when split = 'validation' then 1 end),"
        ~ " count(case when split = 'train' then 1 end),"
        ~ " count(case when split = 'late' and as_of >= " ~ slices.validation ~ " and as_of < " ~ slices.gap ~ " then 1 end),"
        ~ " floor(" ~ insitu.seconds_between('(' ~ test_begins ~ ')', '(' ~ test_ends ~ ')') ~ " / 86400.0),"
        ~ " floor(" ~ insitu.seconds_between('(' ~ slices.gap ~ ')', '(' ~ test_begins ~ ')') ~ " / 86400.0)"
        ~ ", floor(" ~ insitu.seconds_between('(' ~ test_ends ~ ')', moment) ~ " / 86400.0) from labels"
    ).rows[0] -%}
    {%- if not found[0] -%}{{ return('') }}{%- endif -%}
    {%- set horizon, test_days, gap_days = found[1] | int, found[6] | int, found[7] | int -%}
    {%- set take = "labels take " ~ insitu.counted(horizon, 'day') -%}
    {%- set unknown_days = horizon - (found[8] | int) -%}
    {%- set counted_back = "`training: {horizon: " ~ insitu.counted(horizon, 'day') ~ "}` counts it back from the last day that is known" -%}
    {%- set said = [] -%}
    {%- if not found[2] -%}
        {%- do said.append(
            "no label of the test (" ~ insitu.counted(test_days, 'day') ~ " up to " ~ insitu.training_as_of(use_case)
            ~ ") has matured: " ~ take ~ ". No model can be judged. " ~ counted_back
        ) -%}
    {%- elif 2 * unknown_days > test_days -%}
        {%- do said.append(
            take ~ ", so of the test of " ~ insitu.counted(test_days, 'day') ~ " only the first "
            ~ insitu.counted([test_days - unknown_days, 1] | max, 'day') ~ " can judge a model. " ~ counted_back
        ) -%}
    {%- endif -%}
    {%- if horizon > gap_days and found[5] -%}
        {%- do said.append(
            take ~ ", longer than the gap of " ~ insitu.counted(gap_days, 'day') ~ ": " ~ found[5] ~ " of "
            ~ (found[5] + found[3]) ~ " rows of the validation are left out, since their labels were not known when the test"
            ~ " begins. `training: {gap: " ~ insitu.counted(horizon, 'day') ~ "}` keeps them"
        ) -%}
    {%- endif -%}
    {%- for part, number in [('validation', found[3]), ('train', found[4])] if not number -%}
        {%- do said.append("no row with a matured label is left in the slice " ~ part ~ ": " ~ take ~ ", and history is short") -%}
    {%- endfor -%}
    {%- for finding in said -%}
        {%- do exceptions.warn("`" ~ use_case ~ "__training_set`: " ~ finding ~ ".") -%}
    {%- endfor -%}
{% endmacro %}

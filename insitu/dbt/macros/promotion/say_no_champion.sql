{#- Warn, where `<use_case>__champion` is built, if nobody is in charge at `as_of`: why, and the way out. -#}
{% macro say_no_champion(use_case) %}
    {%- if not execute or flags.WHICH not in ['run', 'build'] -%}{{ return('') }}{%- endif -%}
    {%- set models, promotions = insitu.use_case_ref(use_case, 'models'), insitu.use_case_ref(use_case, 'promotions') -%}
    {%- if not (load_relation(models) and load_relation(promotions)) -%}{{ return('') }}{%- endif -%}
    {%- set now = insitu.newest_as_of(use_case) -%}
    {%- set chosen = run_query(
        "select in_charge.model_version, models.status"
        ~ " from (" ~ insitu.champions_at(use_case, insitu.this_moment(use_case)) ~ ") as in_charge"
        ~ " left join " ~ models ~ " as models on in_charge.model_version = models.model_version"
    ).rows -%}
    {%- if chosen and chosen[0][1] == 'trained' -%}{{ return('') }}{%- endif -%}
    {%- if chosen -%}
        {%- set why = "the seed `promotion_overrides` pins `" ~ chosen[0][0] ~ "`, which is no trained version of it. "
            ~ "Correct the pin: `" ~ use_case ~ "__models` lists the versions." -%}
    {%- else -%}
        {%- set moment = insitu.timestamp_literal(insitu.training_as_of(use_case)) -%}
        {%- set decided = run_query(
            "select model_version, decision, reason from " ~ promotions ~ " where training_as_of <= " ~ moment
            ~ " order by training_as_of desc, decided_at desc,"
            ~ " case when reason like '%on validation%' then 1 else 0 end, model_version limit 1"
        ).rows -%}
        {%- set trained = run_query(
            "select count(*), min(training_as_of), max(case when status <> 'trained' then message end) from " ~ models
            ~ " where training_as_of <= " ~ moment
        ).rows[0] -%}
        {%- if decided and decided[0][1] == 'promoted' -%}
            {%- set why = "`" ~ decided[0][0] ~ "` was promoted, and the seed `promotion_overrides` vetoes it. Pin another "
                ~ "version there, or train a better one." -%}
        {%- elif decided -%}
            {%- set why = "of " ~ trained[0] ~ " versions none was promoted; the best, `" ~ decided[0][0] ~ "`: " ~ decided[0][2]
                ~ ". `" ~ use_case ~ "__promotions` says it of each. Correct that and build again: it is judged anew. Or pin "
                ~ "a version in the seed `promotion_overrides`." -%}
        {%- elif trained[0] -%}
            {%- set why = "no version could be judged (" ~ trained[2] | default('none has held-out rows', true)
                ~ "): `" ~ use_case ~ "__models` says it of each." -%}
        {%- else -%}
            {%- set why = "no version was trained for " ~ insitu.training_as_of(use_case) ~ " or before. Build all of it for "
                ~ "that time: dbt build --vars '{insitu_as_of: \"" ~ now ~ "\"}'." -%}
        {%- endif -%}
    {%- endif -%}
    {%- do exceptions.warn("`" ~ use_case ~ "` has no champion at " ~ now ~ ": " ~ why) -%}
{% endmacro %}

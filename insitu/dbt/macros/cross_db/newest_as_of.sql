{#- The newest moment that a run was for, this one included (`ml_runs`), as a datetime: up to then is what people read. So a
    run for a past moment trains and scores for that moment, and takes nothing back of what is there: where a spine ends, how
    predictions turned out, who is in charge, what is monitored. A shared model, of no use case, goes by the newest of all of
    them. With --full-refresh, whatever was run before is forgotten. -#}
{% macro newest_as_of(use_case=none) %}
    {%- set use_case = use_case or (model.name.split('__')[0] if model is mapping and model.name else '') -%}
    {%- set now = insitu.as_of(use_case) -%}
    {%- set newest = insitu.newest_run(use_case) -%}
    {{- return(now if newest is none or newest < now else newest) -}}
{% endmacro %}


{#- The newest moment that a run was for, as `ml_runs` says; none where there was none. -#}
{% macro newest_run(use_case) %}
    {%- if not execute or flags.FULL_REFRESH -%}{{ return(none) }}{%- endif -%}
    {%- set node = graph.nodes.get('model.insitu.ml_runs') -%}
    {%- set runs = adapter.get_relation(node.database, node.schema, node.alias) if node -%}
    {%- if not runs -%}{{ return(none) }}{%- endif -%}
    {%- set own = " where use_case = '" ~ use_case ~ "'" if use_case in insitu.use_cases() else '' -%}
    {{- return(insitu.moment_of('max(as_of)', runs ~ own)) -}}
{% endmacro %}


{#- Say, where `ml_runs` is built, of which use cases this run is for a moment in the past, or people read of one that has not
    come yet. -#}
{% macro say_past_run() %}
    {%- if not execute or flags.WHICH not in ['run', 'build'] -%}{{ return('') }}{%- endif -%}
    {%- set clock = run_started_at.astimezone(modules.pytz.utc).replace(tzinfo=none) -%}
    {%- for use_case in insitu.use_cases() -%}
        {%- set now = insitu.as_of(use_case) -%}
        {%- set newest = insitu.newest_as_of(use_case) -%}
        {%- if newest > now -%}
            {%- do log(
                "`" ~ use_case ~ "`: this run is for " ~ now ~ ", and there was one for " ~ newest
                ~ (", which has not come yet" if newest > clock else "")
                ~ ". It trains and scores as of then; spine, champion, outcomes and monitoring stay those of " ~ newest
                ~ ". (dbt build --full-refresh sets them back, and keeps what was trained and scored.)", info=true
            ) -%}
        {%- elif newest > clock -%}
            {%- do log(
                "`" ~ use_case ~ "`: this run is for " ~ now ~ ", which has not come yet; what people read will stay that of "
                ~ now ~ " until then. If it is a mistake, `dbt build --full-refresh` for the moment that is meant sets it"
                ~ " back, and keeps what was trained and scored.", info=true
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{#- The snapshot of this moment of training that is kept already and was made by the same definition; none where there is none,
    or where corrected history is to retrain at once. Of a moment before the last, any will do: what was in charge in the past
    is not decided anew. A late row, a corrected label or the last digit of a sum makes no new
    models for a moment that has some: they come with the next. -#}
{% macro kept_snapshot(use_case) %}
    {%- if not execute or flags.FULL_REFRESH or flags.WHICH not in ['run', 'build'] -%}{{ return(none) }}{%- endif -%}
    {%- set kept = insitu.relation_there(use_case, 'snapshots') -%}
    {%- if not kept or insitu.use_case_config(use_case).training.retrain_on_corrections -%}{{ return(none) }}{%- endif -%}
    {%- if 'defined_by' not in adapter.get_columns_in_relation(kept) | map(attribute='name') -%}{{ return(none) }}{%- endif -%}
    {%- set moment = insitu.timestamp_literal(insitu.training_as_of(use_case)) -%}
    {%- set is_same = "defined_by = '" ~ insitu.definition_of_snapshot(use_case) ~ "'" -%}
    {%- set found = run_query(
        "select snapshot_id from " ~ kept ~ " where training_as_of = " ~ moment
        ~ " and (" ~ is_same ~ " or exists (select 1 from " ~ kept ~ " as later where later.training_as_of > " ~ moment ~ "))"
        ~ " order by case when " ~ is_same ~ " then 0 else 1 end, snapshot_id limit 1"
    ) -%}
    {{- return(found.rows[0][0] if found.rows else none) -}}
{% endmacro %}


{#- A hash of what a training set is made by: the files of all that it reads, and what the use case declares of its rows.
    What macros say is not in it. -#}
{% macro definition_of_snapshot(use_case) %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set config, read = insitu.use_case_config(use_case), [model.unique_id] -%}
    {#- the list grows while it is gone through -#}
    {%- for id in read -%}
        {%- for parent in graph.nodes[id].depends_on.nodes if parent in graph.nodes and parent not in read -%}
            {%- do read.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set said = [tojson([config.key, config.label, config.training], sort_keys=true)] -%}
    {%- for id in read | sort -%}{%- do said.append(id ~ ' ' ~ graph.nodes[id].checksum.checksum) -%}{%- endfor -%}
    {{- return(local_md5(said | join('\n'))[:16]) -}}
{% endmacro %}

{#- Stop when a relation lacks a column that is needed; `setting` names what to correct otherwise. -#}
{% macro check_columns(relation, found, needed, setting) %}
    {%- for column in needed if column not in found -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ relation.identifier ~ "` has no column `" ~ column ~ "` (it has: " ~ found | join(', ')
            ~ "). Add it, or correct " ~ setting ~ "."
        ) -%}
    {%- endfor -%}
{% endmacro %}

{#- Body of `<use_case>__features`: feature models side by side on the rows of a spine. A feature model has one row for
    each row of its spine. Refused are two models with a column of the same name, and the names of the label and of the
    loop's own columns. -#}
{% macro join_features(spine, key, features) -%}
{%- do insitu.check_declarations() -%}
{%- set config = insitu.declared_use_case(model.name.removesuffix('__features')) -%}
{%- set seen = {} -%}
{%- for feature in features if execute -%}
    {%- set columns = adapter.get_columns_in_relation(feature) | map(attribute='name') | list -%}
    {#- A model that was never built has no columns to check: `dbt compile` on a new warehouse. -#}
    {%- do insitu.check_columns(feature, columns, key, 'the argument key of join_features in `' ~ this.identifier ~ '`') if columns -%}
    {%- do insitu.check_features(feature, columns, key, config) -%}
    {%- for column in columns if column not in key -%}
        {%- set other = seen.get(column | lower) -%}
        {%- if other -%}
            {%- do exceptions.raise_compiler_error(
                "`" ~ this.identifier ~ "`: `" ~ other.model ~ "` and `" ~ feature.identifier
                ~ "` both have a column `" ~ column ~ "`. Rename one of them."
            ) -%}
        {%- endif -%}
        {%- do seen.update({column | lower: {'column': column, 'model': feature.identifier}}) -%}
    {%- endfor -%}
{%- endfor -%}
with spine as (
    select * from {{ spine }}
),

final as (
    select
        {{ insitu.quoted(key, 'spine.') | join(', ') }}
        {%- for found in seen.values() %},
        {{ found.model }}.{{ insitu.identifier(found.column) }}
        {%- endfor %}
    from spine
    {%- for feature in features %}
    left join {{ insitu.rows_of(feature) }} as {{ feature.identifier }}
        on {{ insitu.join_on('spine', feature.identifier, key) }}
    {%- endfor %}
)

select * from final
{%- endmacro %}

{#- Body of `<use_case>__features`: feature models side by side on the rows of a spine. A feature model has one row for
    each row of its spine; two models with a column of the same name are refused. -#}
{% macro join_features(spine, key, features) -%}
{%- do insitu.check_declarations() -%}
{%- set seen = {} -%}
{%- for feature in features if execute -%}
    {%- set columns = adapter.get_columns_in_relation(feature) | map(attribute='name') | list -%}
    {#- A model that was never built has no columns to check: `dbt compile` on a new warehouse. -#}
    {%- do insitu.check_columns(feature, columns, key, 'the argument key of join_features in `' ~ this.identifier ~ '`') if columns -%}
    {%- for column in columns if column not in key -%}
        {%- if column in seen -%}
            {%- do exceptions.raise_compiler_error(
                "`" ~ this.identifier ~ "`: `" ~ seen[column] ~ "` and `" ~ feature.identifier
                ~ "` both have a column `" ~ column ~ "`. Rename one of them."
            ) -%}
        {%- endif -%}
        {%- do seen.update({column: feature.identifier}) -%}
    {%- endfor -%}
{%- endfor -%}
with spine as (
    select * from {{ spine }}
),

final as (
    select
        {% for column in key %}spine.{{ adapter.quote(column) }}{{ ", " if not loop.last }}{% endfor %}
        {%- for column, model in seen.items() %},
        {{ model }}.{{ adapter.quote(column) }}
        {%- endfor %}
    from spine
    {%- for feature in features %}
    left join {{ feature }} as {{ feature.identifier }}
        on {% for column in key %}spine.{{ adapter.quote(column) }} = {{ feature.identifier }}.{{ adapter.quote(column) }}
        {{- " and " if not loop.last }}{% endfor %}
    {%- endfor %}
)

select * from final
{%- endmacro %}

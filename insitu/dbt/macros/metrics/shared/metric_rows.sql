{% macro metric_rows(relation, by=[], task='binary') %}
{#- The rows every metric counts: label and score known and finite. A binary label may be boolean, 0/1 or 0.0/1.0. -#}
    select {{ insitu.by_columns(by) }}label, score
    from (
        select
            {{ insitu.by_columns(by) }}
            {% if task == 'binary' -%}
            cast(cast(label as integer) as double precision) as label,
            {%- else -%}
            cast(label as double precision) as label,
            {%- endif %}
            cast(score as double precision) as score
        from {{ relation }}
    ) as typed
    where {{ insitu.is_finite('label') }} and {{ insitu.is_finite('score') }}
{% endmacro %}

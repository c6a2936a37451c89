{% macro uplift_ladder(relation, by=[]) %}
{#- One row per group and distinct score, from the highest down: how many rows were treated and how many were not among
    those at or above it (`n_treated`, `n_control`) and in the whole group (`all_treated`, `all_control`), and the sums of
    their labels. `relation` has `label`, `score`, the effect that is predicted, and `treated`, 1 or 0, which was drawn. A
    group without one of the two has no rows. -#}
    select * from (
        select
            {{ insitu.by_columns(by) }}
            score,
            sum(own_treated) over (above) as n_treated,
            sum(own_control) over (above) as n_control,
            sum(own_label_treated) over (above) as label_treated,
            sum(own_label_control) over (above) as label_control,
            sum(own_treated) over (everything) as all_treated,
            sum(own_control) over (everything) as all_control,
            sum(own_treated + own_control) over (everything) as n_rows
        from (
            select
                {{ insitu.by_columns(by) }}
                score,
                sum(treated) as own_treated,
                sum(1 - treated) as own_control,
                sum(label * treated) as own_label_treated,
                sum(label * (1 - treated)) as own_label_control
            from ({{ insitu.uplift_rows(relation, by) }}) as randomised
            {{ insitu.group_by(by, ['score']) }}
        ) as steps
        window
            above as ({{ insitu.partition_by(by) }} order by score desc),
            everything as ({{ insitu.partition_by(by) }})
    ) as ladder
    where all_treated > 0 and all_control > 0
{% endmacro %}


{% macro uplift_rows(relation, by=[]) %}
{#- The rows that metrics of uplift count: label, score and treated known and finite. -#}
    select {{ insitu.by_columns(by) }}label, score, treated
    from (
        select
            {{ insitu.by_columns(by) }}
            cast(label as double precision) as label,
            cast(score as double precision) as score,
            cast(treated as double precision) as treated
        from {{ relation }}
    ) as typed
    where {{ insitu.is_finite('label') }} and {{ insitu.is_finite('score') }} and treated in (0, 1)
{% endmacro %}


{% macro uplift_points(relation, by=[]) %}
{#- The steps of both curves of uplift, with the one before each: `x` is the share of rows that would be treated, `uplift`
    and `qini` what treating them brings for each row; both end at the mean effect. -#}
    select
        *,
        lag(x, 1, cast(0 as double precision)) over (up) as x_before,
        lag(uplift, 1, cast(0 as double precision)) over (up) as uplift_before,
        lag(qini, 1, cast(0 as double precision)) over (up) as qini_before
    from (
        select
            *,
            (n_treated + n_control) / n_rows as x,
            (coalesce(label_treated / nullif(n_treated, 0), 0) - coalesce(label_control / nullif(n_control, 0), 0))
                * (n_treated + n_control) / n_rows as uplift,
            (label_treated - coalesce(label_control * n_treated / nullif(n_control, 0), 0)) / all_treated as qini
        from ({{ insitu.uplift_ladder(relation, by) }}) as ladder
    ) as points
    window up as ({{ insitu.partition_by(by) }} order by x)
{% endmacro %}

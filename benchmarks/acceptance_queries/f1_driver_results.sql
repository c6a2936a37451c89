with asked as materialized (
    select * from f1_driver
),

driver_table as (
    select
        *,
        points - lag(points, 1) over (partition by raceid order by position asc) as points_behind,
        points - lead(points, 1) over (partition by raceid order by position asc) as points_ahead
    from standings
),

constructor_table as (
    select
        *,
        points - lag(points, 1) over (partition by raceid order by position asc) as points_behind,
        points - lead(points, 1) over (partition by raceid order by position asc) as points_ahead
    from constructor_standings
),

one_result as materialized (
    select distinct on (raceid, driverid)
        raceid, driverid, constructorid, position, points, grid, rank, laps, statusid, date
    from results
    order by raceid, driverid, resultid
),

state as (
    select
        asked.driver_id,
        asked.as_of,
        date_part('week', asked.as_of) as week_of_year,
        drivers.driverref as driver_ref,
        date_diff('year', drivers.dob::date, asked.as_of) as driver_age,
        drivers.nationality as driver_nationality,
        driver_table.position as driver_position,
        driver_table.points as driver_points,
        driver_table.wins as driver_wins,
        driver_table.points_behind as driver_points_behind,
        driver_table.points_ahead as driver_points_ahead,
        date_diff('day', driver_table.date, asked.as_of) as days_since_race,
        constructors.constructorref as constructor_ref,
        constructors.nationality as constructor_nationality,
        constructor_table.position as constructor_position,
        constructor_table.points as constructor_points,
        constructor_table.wins as constructor_wins,
        constructor_table.points_behind as constructor_points_behind,
        constructor_table.points_ahead as constructor_points_ahead,
        driver_position - constructor_position as position_difference,
        driver_points / nullif(constructor_points, 0) as points_share,
        driver_wins / nullif(constructor_wins, 0) as wins_share
    from asked
    left join drivers on asked.driver_id = drivers.driverid
    asof left join driver_table on asked.driver_id = driver_table.driverid and asked.as_of >= driver_table.date
    left join one_result on driver_table.raceid = one_result.raceid and asked.driver_id = one_result.driverid
    left join constructor_table
        on driver_table.raceid = constructor_table.raceid and one_result.constructorid = constructor_table.constructorid
    left join constructors on constructor_table.constructorid = constructors.constructorid
),

past as (
    select
        asked.driver_id,
        asked.as_of,
        row_number() over (
            partition by asked.driver_id, asked.as_of order by one_result.date desc, one_result.raceid
        ) as races_ago,
        one_result.position as driver_position,
        one_result.points as driver_points,
        one_result.grid as driver_grid,
        one_result.position - one_result.grid as position_gain,
        one_result.rank as driver_rank,
        one_result.laps / max(one_result.laps) over (partition by one_result.raceid) as laps_share,
        (one_result.statusid != 1)::int as did_not_finish,
        constructor_results.points as constructor_points
    from asked
    left join one_result
        on asked.driver_id = one_result.driverid
        and one_result.date <= asked.as_of
        and one_result.date >= (asked.as_of - interval '2 month')
    left join constructor_results
        on one_result.raceid = constructor_results.raceid
        and one_result.constructorid = constructor_results.constructorid
),

upcoming as (
    select
        asked.driver_id,
        asked.as_of,
        (next.raceid - last.raceid) as races_ahead,
        next.round,
        circuits.circuitid
    from asked
    asof left join races as last on asked.as_of > last.date
    left join races as next
        on (next.raceid - last.raceid) between 1 and 3 and next.date <= (asked.as_of + interval '1 month')
    left join circuits on next.circuitid = circuits.circuitid
)

select
    asked.driver_id,
    asked.as_of,
    state.* exclude (driver_id, as_of),
    {% for i in [1, 2, 3] %}
        {% for c in ['driver_position', 'driver_points', 'driver_grid', 'position_gain', 'driver_rank', 'laps_share', 'did_not_finish', 'constructor_points'] %}
            past_{{ i }}.{{ c }} as past_{{ i }}_{{ c }},
        {% endfor %}
        upcoming_{{ i }}.round as upcoming_{{ i }}_round,
        upcoming_{{ i }}.circuitid as upcoming_{{ i }}_circuit{% if not loop.last %},{% endif %}
    {% endfor %}
from asked
left join state on asked.driver_id = state.driver_id and asked.as_of = state.as_of
{% for i in [1, 2, 3] %}
    left join past as past_{{ i }}
        on asked.driver_id = past_{{ i }}.driver_id and asked.as_of = past_{{ i }}.as_of and past_{{ i }}.races_ago = {{ i }}
    left join upcoming as upcoming_{{ i }}
        on asked.driver_id = upcoming_{{ i }}.driver_id
        and asked.as_of = upcoming_{{ i }}.as_of
        and upcoming_{{ i }}.races_ahead = {{ i }}
{% endfor %}

-- All clocks become UTC here. The source gives the departure's hour in UTC but arrivals as local hh:mm without a date:
-- the arrival is the first such time at the destination after the scheduled departure, plus the delay.
with flights as (
    select * from {{ source('nycflights', 'flights') }}
),

airports as (
    select * from {{ ref('stg_nycflights__airports') }}
),

scheduled as (
    select
        flights.*,
        airports.time_zone as destination_time_zone,
        flights.time_hour + flights.minute * interval '1 minute' as scheduled_departure_at,
        (flights.time_hour + flights.minute * interval '1 minute')
        at time zone 'UTC' at time zone airports.time_zone as departure_at_destination_clock
    from flights
    left join airports on flights.dest = airports.airport
),

arrivals as (
    select
        *,
        date_trunc('day', departure_at_destination_clock)
        + cast((sched_arr_time - sched_arr_time % 100) / 100 as integer) * interval '1 hour'
        + (sched_arr_time % 100) * interval '1 minute' as arrival_on_day_of_departure
    from scheduled
),

clocks as (
    select
        *,
        case
            when arrival_on_day_of_departure > departure_at_destination_clock then arrival_on_day_of_departure
            else arrival_on_day_of_departure + interval '1 day'
        end at time zone destination_time_zone at time zone 'UTC' as scheduled_arrival_at
    from arrivals
),

final as (
    select
        carrier || flight || '-' || origin || '-' || (year * 10000 + month * 100 + day)
        || '-' || lpad(cast(sched_dep_time as varchar), 4, '0') as flight_id,
        scheduled_departure_at,
        make_date(year, month, day) as local_date,
        hour * 60 + minute as local_departure_minute,
        scheduled_arrival_at,
        carrier,
        flight as flight_number,
        tailnum as tail_number,
        origin,
        dest as destination,
        distance as distance_miles,
        dep_delay as departure_delay_minutes,
        scheduled_departure_at + dep_delay * interval '1 minute' as departed_at,
        arr_delay as arrival_delay_minutes,
        scheduled_arrival_at + arr_delay * interval '1 minute' as arrived_at,
        air_time as air_minutes,
        dep_delay is null as is_cancelled
    from clocks
)

select * from final

-- Can the aircraft be here in time? Its previous leg from New York by plan, what became of it, and how many minutes are
-- left after flying there and back.
with spine as (
    select * from {{ ref('flight__spine') }}
),

planned as (
    {{ insitu.latest_before(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__rotations'),
        keys=['tail_number'],
        columns=['scheduled_departure_at', 'scheduled_block_minutes'],
        max_age='2 days',
        order_by=['flight_id'],
        prefix='leg',
    ) | indent(4) }}
),

departed as (
    {{ insitu.latest_before(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__departures'),
        keys=['tail_number'],
        columns=['departed_at', 'scheduled_departure_at', 'scheduled_block_minutes', 'departure_delay_minutes'],
        max_age='2 days',
        order_by=['flight_id'],
        prefix='leg',
    ) | indent(4) }}
),

arrived as (
    {{ insitu.latest_before(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__arrivals'),
        keys=['tail_number'],
        columns=['arrival_delay_minutes'],
        max_age='1 day',
        order_by=['flight_id'],
        prefix='leg',
    ) | indent(4) }}
),

final as (
    select
        spine.flight_id,
        spine.as_of,
        cast(extract(epoch from spine.as_of - planned.leg__scheduled_departure_at) as double precision) / 60 as turn_minutes,
        cast(extract(epoch from spine.as_of - planned.leg__scheduled_departure_at) as double precision) / 60
        - 2 * planned.leg__scheduled_block_minutes as turn_slack_minutes,
        case
            when departed.leg__scheduled_departure_at = planned.leg__scheduled_departure_at
                then departed.leg__departure_delay_minutes
        end as previous_leg_delay_minutes,
        cast(extract(epoch from spine.as_of - departed.leg__departed_at) as double precision) / 60
        - 2 * departed.leg__scheduled_block_minutes as return_slack_minutes,
        arrived.leg__arrival_delay_minutes as last_arrival_delay_minutes
    from spine
    inner join planned on spine.flight_id = planned.flight_id and spine.as_of = planned.as_of
    inner join departed on spine.flight_id = departed.flight_id and spine.as_of = departed.as_of
    inner join arrived on spine.flight_id = arrived.flight_id and spine.as_of = arrived.as_of
)

select * from final

"""The flights' sources as they were at a moment: what had not happened, or was not published, is not there.

A flight is there a day before it should leave, with its schedule; its departure appears when it left, its arrival when
it landed; weather an hour after it was observed.
"""

from __future__ import annotations

from tests.e2e.site import Site

# What is known of a flight from when on.
FACTS = {
    "departed_at": ("dep_time", "dep_delay"),
    "arrived_at": ("arr_time", "arr_delay", "air_time"),
}
SCHEDULED = "(flights.time_hour + flights.minute * interval '1 minute')"
FLIGHT_ID = (
    "flights.carrier || flights.flight || '-' || flights.origin || '-' || "
    "(flights.year * 10000 + flights.month * 100 + flights.day) || '-' || "
    "lpad(cast(flights.sched_dep_time as varchar), 4, '0')"
)


class LiveSource:
    """The raw tables of a site, as they were at one moment after the other."""

    def __init__(self, site: Site, whole: Site) -> None:
        """`whole` is built over all of the data: it says when each aircraft landed."""
        self.site = site
        self.columns = list(site.query("select * from raw.flights limit 0").columns)
        site.execute("create schema kept", "create table kept.weather as select * from raw.weather")
        arrivals = whole.query("select flight_id, arrived_at from staging.stg_nycflights__flights")
        site.load("kept.arrivals", arrivals)
        site.execute(
            f"""create table kept.flights as
            select
                flights.*,
                {SCHEDULED} - interval '1 day' as published_at,
                {SCHEDULED} + flights.dep_delay * interval '1 minute' as departed_at,
                arrivals.arrived_at
            from raw.flights as flights
            left join kept.arrivals as arrivals on arrivals.flight_id = {FLIGHT_ID}"""
        )

    def at(self, now: str) -> None:
        """Leave in the raw tables what was known at a moment."""
        known = {column: moment for moment, columns in FACTS.items() for column in columns}
        values = [
            f"case when {known[column]} <= timestamp '{now}' then {column} end" if column in known else column
            for column in self.columns
        ]
        self.site.execute(
            "delete from raw.flights",
            f"""insert into raw.flights ({", ".join(self.columns)})
            select {", ".join(values)} from kept.flights where published_at <= timestamp '{now}'""",
            "delete from raw.weather",
            f"""insert into raw.weather
            select * from kept.weather where time_hour + interval '1 hour' <= timestamp '{now}'""",
        )

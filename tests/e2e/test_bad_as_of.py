"""An `as_of` that makes no sense is refused before anything is built."""

from __future__ import annotations

import pytest

from tests.e2e.site import Site, assert_refused

BAD_TIMES = {
    "2012-01-01": "as_of 2012-01-01 00:00:00 lies before anything that is known: source `nycflights.flights` begins",
    "tomorrow": 'The variable `insitu_as_of` is `tomorrow`; expected a UTC time like "2013-11-01 00:00:00", or now.',
    "2013-09-31": "The variable `insitu_as_of` is `2013-09-31`; expected a UTC time like",
}


@pytest.mark.parametrize("as_of", BAD_TIMES)
def test_bad_as_of_stops_the_build(site: Site, as_of: str) -> None:
    before = site.rows()
    outcome = site.dbt("build", as_of=as_of)
    assert_refused(outcome, BAD_TIMES[as_of], 2)
    assert site.rows() == before

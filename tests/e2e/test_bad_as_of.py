"""An `as_of` that makes no sense is refused before anything is built."""

from __future__ import annotations

import pytest

from tests.e2e.site import Site, errors

BAD_TIMES = {
    "2015-01-01": "as_of 2015-01-01 00:00:00 lies outside the data: source `nycflights.flights` runs from 2013-07-01",
    "tomorrow": 'The variable `as_of` is `tomorrow`; expected a UTC time like "2013-11-01 00:00:00".',
    "2013-09-31": "The variable `as_of` is `2013-09-31`; expected a UTC time like",
}


@pytest.mark.parametrize("as_of", BAD_TIMES)
def test_bad_as_of_stops_the_build(site: Site, as_of: str) -> None:
    before = site.rows()
    outcome = site.dbt("build", as_of=as_of)
    assert outcome.returncode == 2
    assert BAD_TIMES[as_of] in errors(outcome)
    assert "Traceback" not in outcome.stdout
    assert site.rows() == before

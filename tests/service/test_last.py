"""`/last/<use case>`: the last prediction of record of each entity, of whatever batch."""

from __future__ import annotations

from pathlib import Path

from tests.service.server import serving
from tests.service.site import NOW, ROWS, Site, versions


def test_the_last_of_record_of_whatever_batch(site: Site, tmp_path: Path) -> None:
    first, second = versions()
    site.score(first, 0.25, "2024-03-09 06:00:00")
    # A later batch has other rows, and one in shadow is never of record.
    site.execute("update training.demo__spine set as_of = timestamp '2024-02-01' where id < 2")
    site.score(second, 0.99, "2024-03-10 07:00:00", is_shadow=1)
    site.execute("delete from training.demo__spine where id >= 2")
    site.score(second, 0.75, "2024-03-10 06:00:00")
    with serving(site, tmp_path / "log") as server:
        status, answer = server.post("/last/demo", {"rows": [{"id": 0}, {"id": 5}]})
        assert status == 200 and answer["source"] == "last" and answer["logged"] is False
        told = [(row["id"], row["score"], row["action"], row["model_version"]) for row in answer["predictions"]]
        assert told == [(0, 0.75, "call", second), (5, 0.25, "wait", first)]
        ages = [row["features_age_seconds"] for row in answer["predictions"]]
        assert ages == [(NOW - NOW.fromisoformat(day)).total_seconds() for day in ("2024-02-01", "2024-01-01")]
        assert server.post("/last/demo", {"rows": [{"id": ROWS}]})[0] == 404
        assert server.post("/last/demo", {"rows": [{"id": 0, "as_of": "2024-01-15"}]})[0] == 404

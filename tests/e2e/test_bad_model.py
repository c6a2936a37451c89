"""A model whose bytes were changed after training is not applied."""

from __future__ import annotations

import duckdb

from tests.e2e.site import Site, errors


def flip_a_byte(site: Site, model_version: str, position: int = 1000) -> None:
    with duckdb.connect(str(site.warehouse)) as connection:
        where = "training.flight_delay__models where model_version = ?"
        blob = bytearray(connection.execute(f"select artifact from {where}", [model_version]).fetchall()[0][0])
        blob[position] ^= 1
        connection.execute(
            "update training.flight_delay__models set artifact = ? where model_version = ?",
            [bytes(blob), model_version],
        )


def test_one_flipped_byte_stops_the_predictions(site: Site) -> None:
    champion = str(site.value("select model_version from evaluation.flight_delay__champion"))
    before = site.rows()
    flip_a_byte(site, champion)
    outcome = site.dbt(
        "build", "--select", "flight_delay__scoring_set", "flight_delay__predictions+", as_of="2013-11-02"
    )
    assert outcome.returncode == 1
    assert f"`{champion}`: the artifact's SHA-256 is" in errors(outcome)
    assert "The bytes were changed after training and are not loaded." in errors(outcome)
    assert "Traceback" not in outcome.stdout
    assert site.rows() == before

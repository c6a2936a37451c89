"""A model whose bytes were changed after training is not applied."""

from __future__ import annotations

import duckdb

from tests.e2e.site import Site, assert_refused


def flip_a_byte(site: Site, model_version: str, position: int = 1000) -> None:
    with duckdb.connect(str(site.warehouse)) as connection:
        read = "select artifact from training.flight_delay__models where model_version = ?"
        write = "update training.flight_delay__models set artifact = ? where model_version = ?"
        artifact = bytearray(connection.execute(read, [model_version]).fetchall()[0][0])
        artifact[position] ^= 1
        connection.execute(write, [bytes(artifact), model_version])


def test_one_flipped_byte_stops_the_predictions(site: Site) -> None:
    champion = str(site.value("select model_version from evaluation.flight_delay__champion"))
    site.execute("delete from predictions.flight_delay__predictions")
    before = site.rows()
    flip_a_byte(site, champion)
    outcome = site.dbt("build", "--select", "flight_delay__predictions+")
    assert_refused(outcome, f"`{champion}`: the artifact's SHA-256 is", 1)
    assert_refused(outcome, "The bytes were changed after training and are not loaded.", 1)
    assert site.rows() == before

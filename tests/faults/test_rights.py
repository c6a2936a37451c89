"""The least-privilege role of PostgreSQL adds a batch with its row of the ledger, and can change neither."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from insitu.local_postgres import Database
from insitu.scoring.batch import score_built
from insitu.scoring.verify import verify
from tests.faults.demo import on_postgres

ROLES = (files("insitu.postgrespy") / "roles.sql").read_text()
BATCHES = "predictions.demo__batches"


def test_the_scorer_adds_to_the_ledger_and_changes_nothing(postgres_database: Database) -> None:
    owner = on_postgres(postgres_database).make(1200)
    with postgres_database.connect() as connection:
        connection.execute(ROLES)
        connection.execute("create role nightly login password 'insitu' in role insitu_scorer")
    try:
        nightly = replace(owner, settings={**owner.settings, "user": "nightly", "password": "insitu"})
        assert score_built(nightly, "demo").rows == 1200
        assert verify(nightly, "demo").findings == []
        for refused in (f"delete from {BATCHES}", f"update {BATCHES} set n_rows = 0"):
            with pytest.raises(Exception, match="permission denied"):
                nightly.execute(refused)
    finally:
        for role in ("nightly", "insitu_analyst", "insitu_scorer", "insitu_builder"):
            owner.execute(f"drop owned by {role}", f"drop role {role}")

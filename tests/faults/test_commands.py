"""What `insitu score list`, `verify` and `publish` print, and their exit codes."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import md5
from pathlib import Path

from click.testing import CliRunner, Result

from insitu.commands.score import score
from insitu.scoring.batch import score_built
from insitu.scoring.options import Options
from tests.faults.demo import NOON, Project, version

LATER = datetime(2024, 3, 11, 6)


def told(demo: Project, *arguments: str) -> Result:
    return CliRunner().invoke(score, arguments, obj=demo)


def test_a_run_that_finds_nothing_due_leaves_an_empty_batch(demo: Project) -> None:
    """Once for a moment, and not where that has a batch of record; a part does not tell for the whole."""
    score_built(demo, "demo")
    score_built(demo, "demo")
    assert demo.execute("select status, n_rows from predictions.demo__batches") == [("published", 1200)]
    demo.execute("update training.demo__scoring_set set batch_as_of = timestamp '2024-03-11 06:00:00'")
    for options in (Options(where="id < 10"), Options(dry_run=True), Options(), Options()):
        score_built(demo, "demo", options=options)
    assert demo.execute(
        "select batch_id, batch_as_of, model_version, is_shadow, n_rows, n_written, inputs "
        "from predictions.demo__batches where status = 'empty'"
    ) == [(md5(b"demo had nothing due at 2024-03-11 06:00:00").hexdigest()[:16], LATER, None, 0, 0, 0, "[]")]
    assert "2024-03-11 06:00:00             0 rows  empty\n" in told(demo, "list").output
    assert told(demo, "verify").output == "demo: 2 batches, no findings\n"


def test_they_say_what_is_there(demo: Project, tmp_path: Path) -> None:
    assert told(demo, "list").output == "No batch has been written yet.\n"
    demo.execute("update training.demo__scoring_set set city = 'unseen', a = null where id < 3")
    score_built(demo, "demo", options=Options(instead=version(), where="id < 100"))
    score_built(demo, "demo", options=Options(where="id >= 100"))
    first, second = sorted(told(demo, "list", "demo").output.splitlines(), key=len)
    assert first.startswith("demo  ") and f"  {NOON}         1,100 rows  {version()}" in first
    assert second.endswith("3 unseen  in shadow") and "         100 rows  " in second
    rows = json.loads(told(demo, "list", "--json", "--last", "0").output)
    assert {row["n_rows"]: row["is_shadow"] for row in rows} == {100: 1, 1100: 0}
    odd = next(row["inputs"] for row in rows if row["is_shadow"])
    assert {each["feature"]: each["unseen"] for each in odd} == {"a": 0, "city": 3}

    assert told(demo, "verify").output == "demo: 2 batches, no findings\n"
    demo.execute("delete from predictions.demo__batches where is_shadow = 0")
    found = told(demo, "verify", "demo")
    assert found.exit_code == 1 and "the ledger does not have it (--repair: a row is added" in found.output
    repaired = told(demo, "verify", "--repair", "--json")
    assert repaired.exit_code == 0 and json.loads(repaired.output)[0]["is_sound"]
    assert told(demo, "verify").exit_code == 0

    is_duckdb = demo.settings["type"] == "duckdb"
    refused = told(demo, "publish", *([] if is_duckdb else ["--to", str(tmp_path)]))
    assert ("Say where to" if is_duckdb else "views are published") in str(refused.exception)
    to = ["--to", str(tmp_path / "bi")] if is_duckdb else []
    written = json.loads(told(demo, "publish", "--json", *to).output)["published"]
    assert written == ([str(tmp_path / "bi" / "demo.duckdb")] if is_duckdb else ['"published"."demo__predictions"'])

"""What is published is what is in the warehouse, whole, at any moment; and DuckDB's copy is one that any 1.x reads."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from insitu.errors import ConfigurationError
from insitu.local_postgres import Database
from insitu.scoring.batch import score_built
from insitu.scoring.options import Options
from insitu.scoring.publish import Relation, published_relations
from insitu.scoring.publish.duckdb_copy import publish_copy
from insitu.scoring.publish.parquet import publish_parquet
from insitu.scoring.publish.views import publish_views
from insitu.warehouse import connect
from tests.faults.demo import Project, on_duckdb, on_postgres, version

RELATIONS = [
    Relation("actions", "demo__latest"),
    Relation("predictions", "demo__batches"),
    Relation("predictions", "demo__predictions"),
    Relation("predictions", "demo__scores"),
]
STORAGE_OF_1_0 = 64  # the number in the header that DuckDB 1.0 and 1.1 read


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = on_duckdb(str(tmp_path / "shop.duckdb")).make(1200)
    score_built(found, "demo")
    return found


def publish(project: Project, folder: Path) -> Path:
    return publish_copy(Path(project.settings["path"]), folder, RELATIONS)


def test_the_copy_has_what_is_published(project: Project, tmp_path: Path) -> None:
    copy = publish(project, tmp_path / "bi")
    assert copy == tmp_path / "bi" / "shop.duckdb" and [each.name for each in copy.parent.iterdir()] == [copy.name]
    header = copy.read_bytes()[8:20]
    assert header[:4] == b"DUCK" and int.from_bytes(header[4:8], "little") == STORAGE_OF_1_0
    with duckdb.connect(str(copy), read_only=True) as published:
        found = published.execute(
            "select table_schema, table_name, table_type from information_schema.tables order by 1, 2"
        ).fetchall()
        # A view over something that is not published is a table.
        assert found == [
            ("actions", "demo__latest", "BASE TABLE"),
            ("predictions", "demo__batches", "BASE TABLE"),
            ("predictions", "demo__predictions", "BASE TABLE"),
            ("predictions", "demo__scores", "VIEW"),
        ]
        for relation in RELATIONS:
            query = f"select * from {relation.schema}.{relation.name} order by all"
            assert published.execute(query).fetchall() == project.execute(query)


@pytest.mark.parametrize(
    "schemas",
    [
        {},  # those of roles.sql
        {"training": "ml", "predictions": "ml_scores", "actions": "ml_scores"},
        dict.fromkeys(("training", "predictions", "actions"), "main"),
    ],
)
def test_what_is_published_whatever_schemas_are_called(tmp_path: Path, schemas: dict[str, str]) -> None:
    project = replace(on_duckdb(str(tmp_path / "shop.duckdb")), schemas=schemas)
    for node in project.models.values():
        project.execute(
            f"create schema if not exists {node['schema']}",
            f"create table {node['schema']}.{node['alias']} (x integer)",
        )
    with connect(project) as warehouse:
        found = {relation.name for relation in published_relations(project, warehouse)}
    ours = {"demo__predictions", "demo__batches"}
    # In one schema for all, what is ours is told by its name; never the registry, nor what is due.
    assert found == {*ours, "demo__champion" if schemas.get("training") == "main" else "demo__latest"}


def test_what_is_said_of_tables_and_columns_is_published(project: Project, tmp_path: Path) -> None:
    said = {
        "table predictions.demo__predictions": "What a model said.",
        "column predictions.demo__predictions.score": "It's a \\ share;\nof two lines.",
        "view predictions.demo__scores": "A view.",
        "column predictions.demo__scores.id": "Of a view.",
        "view actions.demo__latest": "A view that is copied as a table.",
    }
    project.execute(*(f"comment on {place} is $text${comment}$text$" for place, comment in said.items()))
    with duckdb.connect(str(publish(project, tmp_path / "bi")), read_only=True) as published:
        found = published.execute(
            "select schema_name || '.' || table_name, comment from duckdb_tables() union all "
            "select schema_name || '.' || view_name, comment from duckdb_views() union all "
            "select schema_name || '.' || table_name || '.' || column_name, comment from duckdb_columns()"
        ).fetchall()
    expected = {place.partition(" ")[2]: comment for place, comment in said.items()}
    assert {place: comment for place, comment in found if comment} == expected


def test_a_second_time_replaces_the_first(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "bi"
    copy = publish(project, folder)
    (folder / ".shop.duckdb.999999999.new").write_text("of a process that was killed")
    with duckdb.connect(str(copy), read_only=True) as reader:
        project.execute("delete from predictions.demo__predictions where id >= 100")
        publish(project, folder)
        assert reader.execute("select count(*) from predictions.demo__scores").fetchall() == [(1200,)]
    with duckdb.connect(str(copy), read_only=True) as reader:
        assert reader.execute("select count(*) from predictions.demo__scores").fetchall() == [(100,)]
    assert [each.name for each in folder.iterdir()] == [copy.name]


def test_the_copy_is_refused_where_it_would_spoil_something(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is the warehouse's own folder"):
        publish(project, tmp_path)
    copy = publish(project, tmp_path / "bi")
    before = copy.read_bytes()
    copy.with_name("shop.duckdb.wal").write_bytes(b"changes")
    with pytest.raises(ConfigurationError, match=r"has opened .* for writing"):
        publish(project, tmp_path / "bi")
    assert copy.read_bytes() == before


def test_what_cannot_be_copied_leaves_what_was_published(project: Project, tmp_path: Path) -> None:
    copy = publish(project, tmp_path / "bi")
    before = copy.read_bytes()
    with pytest.raises(Exception, match="gone"):
        publish_copy(Path(project.settings["path"]), tmp_path / "bi", [*RELATIONS, Relation("actions", "gone")])
    assert copy.read_bytes() == before and [each.name for each in copy.parent.iterdir()] == [copy.name]


def test_readers_see_one_state_or_the_other(project: Project, tmp_path: Path) -> None:
    """A few hundred reads while the copy is replaced again and again: the ledger and the predictions always agree."""
    copy, stop, seen = publish(project, tmp_path / "bi"), threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            with duckdb.connect(str(copy), read_only=True, config={"threads": 1}) as reader:
                seen.append(
                    reader.execute(
                        "select (select sum(n_written) from predictions.demo__batches), "
                        "(select count(*) from predictions.demo__predictions)"
                    ).fetchall()[0]
                )

    thread = threading.Thread(target=read)
    thread.start()
    for n_rows in (1200, 700, 1200, 700, 1200):
        project.execute(
            f"delete from predictions.demo__predictions where id >= {n_rows}",
            f"update predictions.demo__batches set n_written = least(n_written, {n_rows})",
        )
        publish(project, tmp_path / "bi")
    stop.set()
    thread.join()
    assert len(seen) >= 3 and set(seen) <= {(1200, 1200), (700, 700)}


def test_parquet_files_and_their_manifest(demo: Project, tmp_path: Path) -> None:
    score_built(demo, "demo")
    folder = tmp_path / "lake"
    for _ in range(4):
        with connect(demo) as warehouse:
            relations = published_relations(demo, warehouse)
            manifest = json.loads(publish_parquet(warehouse, folder, relations).read_text())
    assert [(file["schema"], file["name"], file["rows"]) for file in manifest["files"]] == [
        ("actions", "demo__latest", 1200),
        ("predictions", "demo__batches", 1),
        ("predictions", "demo__predictions", 1200),
    ]
    for file in manifest["files"]:
        path = folder / file["path"]
        assert path.stat().st_size == file["bytes"] and pq.read_metadata(path).num_rows == file["rows"]
    scores = pq.read_table(folder / manifest["files"][2]["path"])
    expected = demo.execute("select id, score from predictions.demo__predictions order by id")
    assert sorted(zip(scores["id"].to_pylist(), scores["score"].to_pylist(), strict=True)) == expected
    # The time before stays, for who is reading it; older ones go.
    assert sorted(each.is_dir() for each in folder.iterdir()) == [False, True, True]


def test_views_over_published_batches(postgres_database: Database) -> None:
    demo = on_postgres(postgres_database).make(1200)
    score_built(demo, "demo", options=Options(instead=version(), where="id < 10"))
    score_built(demo, "demo", options=Options(where="id >= 10"))
    demo.execute(
        "insert into predictions.demo__predictions select 'made up', batch_as_of, model_version, id, as_of, score, "
        "predicted_at from predictions.demo__predictions"
    )
    demo.execute("comment on column predictions.demo__predictions.score is 'It''s a \\ share.'")
    for _ in range(2):
        with connect(demo, read_only=False) as warehouse:
            assert publish_views(demo, warehouse, "for all") == ['"for all"."demo__predictions"']
    assert demo.execute('select count(*), min(id) from "for all".demo__predictions') == [(1190, 10)]
    described = "select col_description(cast('\"for all\".demo__predictions' as regclass), ordinal_position) "
    described += "from information_schema.columns where table_schema = 'for all' and column_name in ('id', 'score') "
    described += "order by column_name"
    assert demo.execute(described) == [(None,), ("It's a \\ share.",)]

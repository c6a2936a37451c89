# ruff: noqa: E501 — a change per line reads better
"""`insitu check` proves the SQL of the files as they are: what was not compiled, or changed since, is an error."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from insitu.commands.proof import lineage
from insitu.errors import ConfigurationError
from insitu.proof.project.checking import check
from insitu.warehouse import Project
from tests.dbt.features.project import FeaturesProject

SOURCES = """
sources:
  - name: raw
    schema: raw
    tables:
      - name: spine
        config: {meta: {point_in_time: {kind: spine, key: [id]}}}
        columns: [{name: id, data_type: bigint}, {name: key, data_type: bigint}, {name: as_of, data_type: timestamp}]
      - name: events
        config: {meta: {point_in_time: {kind: event, available_at: ts}}}
        columns: [{name: key, data_type: bigint}, {name: ts, data_type: timestamp}]
models:
  - {name: feat_a, config: {meta: {point_in_time: {kind: features}}}}
  - {name: feat_b, config: {meta: {point_in_time: {kind: features}}}}
"""
GOOD = """select s.id, s.as_of, count(e.key) as n from {{ source('raw', 'spine') }} as s
left join {{ ref('stg_events') }} as e on e.key = s.key and e.ts < {{ at() }} group by 1, 2"""
LEAK = GOOD.replace("e.ts <", "e.ts <=")
FILES = {
    "models/_models.yml": SOURCES,
    "models/feat_a.sql": GOOD,
    "models/feat_b.sql": GOOD,
    "models/stg_events.sql": "select * from {{ source('raw', 'events') }}",
    "macros/at.sql": "{% macro at() %}s.as_of{% endmacro %}",
}


class Compiled:
    """A compiled project in which files can be changed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.target = directory / "target"

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.directory / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text)

    def dbt(self, *arguments: str) -> None:
        FeaturesProject.run(self, *arguments)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("freshness")
    with duckdb.connect(str(base / "w.duckdb")) as connection:
        connection.execute("create schema raw; create table raw.spine (id bigint, key bigint, as_of timestamp)")
        connection.execute("create table raw.events (key bigint, ts timestamp)")
    profile = {"type": "duckdb", "path": str(base / "w.duckdb"), "schema": "main"}
    project = FeaturesProject(base / "project", profile, {})
    for name, text in FILES.items():
        (project.directory / name).parent.mkdir(exist_ok=True)
        (project.directory / name).write_text(text)
    project.compiled()
    return project.directory


@pytest.fixture
def compiled(original: Path, tmp_path: Path) -> Compiled:
    shutil.copytree(original, tmp_path / "project", symlinks=True)
    return Compiled(tmp_path / "project")


CHANGES: dict[str, tuple[Callable[[Compiled], None], str]] = {
    "a model": (lambda p: p.write("models/feat_a.sql", LEAK), "`models/feat_a.sql` was changed"),
    "a model's line ends, which dbt 1.12 does not look at": (
        lambda p: p.edit("models/feat_a.sql", "\nleft", " left"), "`models/feat_a.sql` was changed",
    ),
    "a macro's line ends": (
        lambda p: p.edit("macros/at.sql", "%}s.as_of", "%}\ns.as_of"), "`macros/at.sql` was changed",
    ),
    "a model that others read": (
        lambda p: p.edit("models/stg_events.sql", "*", "key, ts - interval '1 day' as ts"),
        "`models/stg_events.sql` was changed",
    ),
    "a new model": (lambda p: p.write("models/feat_c.sql", LEAK), "`models/feat_c.sql` is new"),
    "a model that is gone": (lambda p: (p.directory / "models/feat_b.sql").unlink(), "`models/feat_b.sql` is gone"),
    "a declaration": (lambda p: p.edit("models/_models.yml", "available_at: ts", "available_at: ts, lag: 1 day"), "_models"),
    "a new declaration": (
        lambda p: p.write("models/_more.yml", "models: [{name: stg_events, config: {meta: {point_in_time: {kind: raw}}}}]"),
        "`models/_more.yml` is new",
    ),
    "a macro": (lambda p: p.edit("macros/at.sql", "s.as_of", "s.as_of + interval '1 day'"), "`macros/at.sql` was changed"),
    "a new macro": (lambda p: p.write("macros/ref.sql", "{% macro ref(x) %}{% endmacro %}"), "`macros/ref.sql` is new"),
    "the project's settings": (
        lambda p: p.write("dbt_project.yml", (p.directory / "dbt_project.yml").read_text() + "\nvars: {x: 1}\n"),
        "`dbt_project.yml` was changed",
    ),
}  # fmt: skip


def test_what_was_compiled_is_checked(compiled: Compiled) -> None:
    assert check(compiled.target).ok
    compiled.write("models/notes.txt", "nothing to parse")
    (compiled.directory / "models/feat_a.sql").touch()  # the same text, later
    assert check(compiled.target).ok


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_since_is_an_error(compiled: Compiled, change: Callable[[Compiled], None], message: str) -> None:
    change(compiled)
    with pytest.raises(ConfigurationError, match="Run `dbt compile --full-refresh`") as error:
        check(compiled.target)
    assert message in str(error.value)


def test_lineage_asks_too(compiled: Compiled) -> None:
    project = Project(compiled.directory, compiled.directory)
    for arguments in (["feat_a.n"], ["--reverse", "events.ts"]):
        assert CliRunner().invoke(lineage, arguments, obj=project).exit_code == 0
    compiled.write("models/feat_b.sql", LEAK)
    for arguments in (["feat_a.n"], ["--reverse", "events.ts"]):
        outcome = CliRunner().invoke(lineage, arguments, obj=project)
        assert isinstance(outcome.exception, ConfigurationError)
        assert "`models/feat_b.sql` was changed" in str(outcome.exception)


@pytest.mark.parametrize("name", ["a model", "a new model", "a declaration", "a macro"])
def test_also_without_the_record_of_dbt(compiled: Compiled, name: str) -> None:
    (compiled.target / "partial_parse.msgpack").unlink()
    CHANGES[name][0](compiled)
    with pytest.raises(ConfigurationError, match="Run `dbt compile --full-refresh`"):
        check(compiled.target)


def test_what_dbt_is_told_to_ignore_is_not_missed(compiled: Compiled) -> None:
    compiled.write(".dbtignore", "models/feat_c.sql\n")
    compiled.write("models/feat_c.sql", LEAK)
    assert check(compiled.target).ok


def test_a_part_is_not_the_whole(compiled: Compiled) -> None:
    compiled.dbt("compile", "--select", "feat_a", "stg_events")
    assert check(compiled.target, select=["feat_a"]).ok
    with pytest.raises(ConfigurationError, match=r"A model is not compiled.*: feat_b"):
        check(compiled.target)


def test_what_is_read_must_be_compiled_too(compiled: Compiled) -> None:
    compiled.dbt("compile", "--select", "feat_a")
    with pytest.raises(ConfigurationError, match=r"not compiled.*stg_events"):
        check(compiled.target, select=["feat_a"])


def test_parsing_is_not_compiling(compiled: Compiled) -> None:
    compiled.dbt("parse")
    with pytest.raises(ConfigurationError, match="3 models are not compiled"):
        check(compiled.target)


def test_a_compile_that_stopped_half_way(compiled: Compiled) -> None:
    compiled.write("models/feat_a.sql", GOOD + "\n-- {{ run_query('select no_such_column') if execute }}")
    compiled.dbt("compile")
    with pytest.raises(ConfigurationError, match=r"not compiled.*: feat_a.*see that it succeeds"):
        check(compiled.target)


def test_sql_left_by_an_earlier_compile_is_not_taken(compiled: Compiled) -> None:
    compiled.write("models/feat_a.sql", LEAK)
    compiled.dbt("compile", "--select", "feat_b", "stg_events")
    with pytest.raises(ConfigurationError, match=r"A model is not compiled.*: feat_a"):
        check(compiled.target)

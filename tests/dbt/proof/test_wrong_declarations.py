"""A wrong declaration stops the build where it is made, in the words of `insitu check`; both know the same options."""

# ruff: noqa: E501 — a declaration per line reads better

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from insitu.proof.project import declarations as d
from tests.dbt.features.project import FeaturesProject

WRONG: dict[str, tuple[Any, str]] = {
    "no_mapping": ("event", " is event, not a mapping"),
    "no_kind": ({"available_at": "ts"}, " has no kind"),
    "unknown_kind": ({"kind": "evnt"}, " has kind 'evnt'; allowed: event, static"),
    "missing": ({"kind": "event"}, ".available_at: is missing; kind event needs it"),
    "missing_key": ({"kind": "raw"}, ".key: is missing; kind raw needs it"),
    "unknown_option": ({"kind": "event", "available_at": "ts", "stric": True}, ".stric: is not an option of kind event"),
    "option_of_another_kind": ({"kind": "static", "reason": "codes never change", "lag": "1 day"}, ".lag: is not an option of kind static"),
    "short_reason": ({"kind": "static", "reason": "Codes."}, ".reason: 'Codes.' is no reason; write at least 10 letters"),
    "short_trust": ({"kind": "event", "available_at": "ts", "trust": "yes"}, ".trust: 'yes' is no reason"),
    "permanent_without_reason": ({"kind": "mutable", "rows_are_permanent": True}, ".rows_are_permanent: 'True' is no reason"),
    "no_duration": ({"kind": "event", "available_at": "ts", "lag": "soon"}, ".lag: 'soon' is not a duration"),
    "calendar_duration": ({"kind": "event", "available_at": "ts", "lag": "1 month"}, ".lag: '1 month' is not always equally long"),
    "no_list": ({"kind": "raw", "key": "id"}, ".key: is id, not a list"),
    "no_boolean": ({"kind": "event", "available_at": "ts", "strict": 3}, ".strict: is 3, not true or false"),
}  # fmt: skip
RIGHT: dict[str, Any] = {
    "event": {"kind": "event", "available_at": "ts", "lag": "6 hours", "strict": False, "unique": [["id"]]},
    "static": {"kind": "static", "reason": "codes never change", "content": "0123"},
    "mutable": {"kind": "mutable", "immutable": ["k"], "rows_are_permanent": "stations are never added"},
    "training_set": {"kind": "training_set", "labels": []},
    "features": {"kind": "features"},
}  # fmt: skip


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Name of a declaration → what the macro says of it."""
    declared = {name: declaration for name, (declaration, _) in WRONG.items()} | {
        f"right_{n}": x for n, x in RIGHT.items()
    }
    directory = tmp_path_factory.mktemp("declarations")
    models = {
        name: f"select '{{{{ insitu.declaration_problem({x!r}) | replace(\"'\", '`') }}}}' as x"
        for name, x in declared.items()
    }
    project = FeaturesProject(
        directory, {"type": "duckdb", "path": str(directory / "w.duckdb"), "schema": "main"}, models
    )
    return {
        name: sql.removeprefix("select '").removesuffix("' as x").replace("`", "'")
        for name, sql in project.compiled().items()
    }


@pytest.mark.parametrize("name", WRONG)
def test_both_refuse(said: dict[str, str], name: str) -> None:
    declaration, message = WRONG[name]
    assert message in said[name]
    with pytest.raises(d.DeclarationError, match=r"config\.meta.point_in_time"):
        d.parse("orders", declaration)


@pytest.mark.parametrize("name", RIGHT)
def test_both_accept(said: dict[str, str], name: str) -> None:
    assert said[f"right_{name}"] == ""
    d.parse("orders", RIGHT[name])


def test_both_know_the_same_options() -> None:
    text = (Path(d.__file__).parents[2] / "dbt/macros/point_in_time/arguments/declarations.sql").read_text()
    kinds = {
        kind: set(re.findall(r"'(\w+)'", options))
        for kind, options in re.findall(r"'(\w+)': \{\s*'options': \[([^\]]*)\]", text)
    }
    everywhere = set(re.findall(r"'(\w+)'", re.search(r"set options = \[([^\]]*)\]", text)[1]))  # type: ignore[index]
    assert {k: options | everywhere for k, options in kinds.items()} == {
        k: set(d._model_of(k).model_fields) for k in d.KINDS
    }
    reasons = re.search(r"length < (\d+)", text)
    assert reasons and int(reasons[1]) == d.MIN_REASON


@pytest.mark.parametrize("reason", ["Codes.", "Codes of charges do not change."])
def test_the_build_stops_at_a_reason_that_says_nothing(tmp_path: Path, reason: str) -> None:
    models = {
        "charges": "select 1 as id",
        "spine": "select 1 as id, timestamp '2024-01-01' as as_of",
        "features": "{{ insitu.join_features(spine=ref('spine'), key=['id', 'as_of'], features=[]) }}",
    }
    project = FeaturesProject(
        tmp_path, {"type": "duckdb", "path": str(tmp_path / "w.duckdb"), "schema": "main"}, models
    )
    declared = {"name": "charges", "config": {"meta": {"point_in_time": {"kind": "static", "reason": reason}}}}
    (tmp_path / "models" / "_models.yml").write_text(yaml.safe_dump({"models": [declared]}))
    ok, messages = project.run("build")
    assert ok is (len(reason) >= 10), messages
    assert ok or (
        "`charges`: config.meta.point_in_time.reason: 'Codes.' is no reason; write at least 10 letters that say why"
        in messages
        and "models/_models.yml" in messages
    )

"""The page stands alone, survives hostile data and empty tables, and is put in place whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from insitu.cli import cli
from insitu.report.build import write
from tests.unit.report import example
from tests.unit.report.conftest import Site

HOSTILE = "</text></svg><script>alert(1)</script><img src=x onerror='alert(2)'>\"&quot;&"
LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href", "ping"}
Make = Callable[[Iterable[str]], Site]


def assert_stands_alone(site: Site) -> None:
    document = site.document
    allowed = {"script", "img", "iframe", "object", "embed", "link", "base", "form", "foreignobject", "use", "image"}
    assert not allowed & {tag for tag, _ in document.elements}
    for _, attributes in document.elements:
        assert not LOADING & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
        for value in attributes.values():
            assert not re.search(r"url\((?!#)|javascript:|https?:", value or "")
    assert not re.search(r"url\(|@import|https?:", document.style)


def test_nothing_is_loaded_from_anywhere(full: Site) -> None:
    assert_stands_alone(full)
    assert "http" not in full.html.replace("http-equiv", "")


def test_links_lead_somewhere_and_ids_are_unique(full: Site) -> None:
    ids = [attributes["id"] for _, attributes in full.document.elements if "id" in attributes]
    targets = {str(a["href"])[1:] for tag, a in full.document.elements if tag == "a"}
    assert targets <= set(ids)
    assert not [i for i in ids if i in targets and ids.count(i) > 1]
    assert set(re.findall(r"url\(#([^)]+)\)", full.html)) <= set(map(str, ids))


def test_hostile_text_stays_text(site: Make) -> None:
    hostile = site([*example.create(), *example.fill(name=HOSTILE, words=HOSTILE)])
    assert_stands_alone(hostile)
    assert HOSTILE in hostile.document.text
    with_line = next(s for s in hostile.document.statements if "champion" in s)
    assert with_line  # the document was read to its end with all elements closed


@pytest.mark.parametrize("kept", [[], ["__models", "__metrics", "ml_curves", "__champion"]])
def test_empty_tables_leave_room(site: Make, kept: list[str]) -> None:
    def is_kept(statement: str) -> bool:
        return any(f"{name} values" in statement for name in kept)

    first_run = site([*example.create(), *filter(is_kept, example.fill())])
    assert_stands_alone(first_run)
    assert "No outcome is known yet" in first_run.document.text
    assert "Nothing has been scored yet" in first_run.document.text
    assert "All quiet: no alert is open" in first_run.document.text
    assert ("No model has been promoted yet" in first_run.document.text) == ("__champion" not in kept)


def test_unbuilt_relations_are_named(site: Make) -> None:
    statements = [s for s in example.create() if "mon_" not in s and "basket_value__models" not in s]
    assert "Not built yet: mon_volume." in site(statements).document.text
    assert "Not built yet: basket_value__models." in site(statements[:0]).document.text


def test_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "report.html"
    write(path, "first")
    with pytest.raises(UnicodeEncodeError):
        write(path, "second \ud800")
    assert path.read_text() == "first"
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_command_writes_the_file_and_says_where(full: Site, tmp_path: Path) -> None:
    folder = str(full.project.directory)
    path = tmp_path / "r.html"
    options = ["--project-dir", folder, "--profiles-dir", folder, "report", "--output", str(path)]
    result = CliRunner().invoke(cli, options, catch_exceptions=False)
    assert result.exit_code == 0
    assert str(path) in result.output
    assert path.read_text(encoding="utf-8") == full.html

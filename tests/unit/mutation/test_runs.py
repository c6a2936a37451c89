"""From areas to results: the sample, what the tests say of a mutant, what is equivalent, and the table."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.mutation import results
from tools.mutation.areas import Area, UsageError, areas, tree_files
from tools.mutation.equivalents import Equivalent, equivalents
from tools.mutation.mutants import Mutant, sample
from tools.mutation.results import BEGIN, END, HEAD, Result, Tried, with_table
from tools.mutation.trial import Trial

MACRO = "{% macro late(a) %}\ncase when {{ a }} > 0 then a + b end\n{% endmacro %}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A file of each kind, and tests of the Python one."""
    root = tmp_path / "tree"
    (root / "tests").mkdir(parents=True)
    (root / "late.sql").write_text(MACRO)
    (root / "late.py").write_text("def late(minutes):\n    return minutes > 15 or minutes < 0\n")
    tests = "from late import late\n\ndef test_late():\n    assert late(16) and not late(15)\n"
    (root / "tests" / "test_late.py").write_text(tests)
    return root


def test_the_seed_decides_which_mutants_come(tree: Path) -> None:
    first, again, other = ([m.after for m in sample(tree, ["late.sql"], seed)] for seed in (1, 1, 2))
    assert first == again != other
    # one at each place where there is something to change: the condition, `>`, `0`, `+`
    assert len(first) == len(other) == 4


def test_a_mutant_says_where_it_is(tree: Path) -> None:
    found = {mutant.after: mutant for mutant in sample(tree, ["late.sql"], 1)}
    mutant = found["case when {{ a }} > 0 then a - b end"]
    assert (mutant.file, mutant.line, mutant.within, mutant.operator) == ("late.sql", 2, "late", "sign")
    assert mutant.text == MACRO.replace("+", "-")
    assert mutant.before == "case when {{ a }} > 0 then a + b end"


def changed(file: str, text: str) -> Mutant:
    return Mutant(file, 1, "", "sign", "", "", text)


def test_what_the_tests_say_of_a_mutant(tree: Path) -> None:
    trial = Trial(tree, Area("late", ("late.py",), ("tests",)), timeout=60)
    before = (tree / "late.py").read_text()
    says = {
        name: trial.of(changed("late.py", text))
        for name, text in {
            "boundary": before.replace("> 15", ">= 15"),
            "unseen": before.replace("< 0", "< 1"),
            "not loaded": before + "\nimport nothing_of_this_name\n",
            "not run": before.replace("> 15", "> fifteen"),
        }.items()
    }
    assert {name: verdict.outcome for name, verdict in says.items()} == {
        "boundary": "killed", "unseen": "survived", "not loaded": "unreadable", "not run": "unreadable",
    }  # fmt: skip
    assert says["boundary"].by == "tests/test_late.py::test_late"
    assert (tree / "late.py").read_text() == before
    trial.timeout = 3
    assert trial.of(changed("late.py", before + "\nwhile True: pass\n")).outcome == "timeout"


def test_tests_that_fail_by_themselves_judge_nothing(tree: Path) -> None:
    (tree / "late.py").write_text("def late(minutes):\n    return True\n")
    with pytest.raises(UsageError, match="late: its tests fail without any fault"):
        Trial(tree, Area("late", ("late.py",), ("tests",)), timeout=60)
    with pytest.raises(UsageError, match=r"there is no tests/of_old.py; areas.yml names it"):
        Trial(tree, Area("late", ("late.py",), ("tests/of_old.py",)), timeout=60)


ENTRY = """
- file: late.sql
  within: late
  before: "case when {{ a }} > 0 then a + b end"
  after: "case when {{ a }} > 0 then a - b end"
  reason: b is always 0
"""


def test_an_equivalent_mutant_is_known_by_its_lines(tree: Path) -> None:
    (tree / "equivalents.yml").write_text(ENTRY)
    [entry] = equivalents(tree / "equivalents.yml", tree)
    assert [m.after for m in sample(tree, ["late.sql"], 1) if entry.is_of(m)] == [entry.after]
    elsewhere = Equivalent("late.sql", "early", entry.before, entry.after, entry.reason)
    assert not any(elsewhere.is_of(mutant) for mutant in sample(tree, ["late.sql"], 1))


def test_one_whose_line_has_changed_stops_the_run(tree: Path) -> None:
    (tree / "equivalents.yml").write_text(ENTRY)
    (tree / "late.sql").write_text(MACRO.replace("> 0", "> 1"))
    with pytest.raises(UsageError, match=r"late.sql has no longer the line `case when {{ a }} > 0 then a \+ b end`"):
        equivalents(tree / "equivalents.yml", tree)
    (tree / "late.sql").unlink()
    with pytest.raises(UsageError, match=r"late.sql has no longer the line"):
        equivalents(tree / "equivalents.yml", tree)


def test_those_of_this_repository_are_not_stale() -> None:
    equivalents()


def tried(outcome: str, after: str = "") -> Tried:
    before = "case when {{ a }} > 0 then a + b end"
    return Tried("late.sql", 2, "late", "sign", before, after, outcome, 1.0, "")


def test_a_survivor_may_be_found_equivalent_later(tree: Path) -> None:
    (tree / "equivalents.yml").write_text(ENTRY)
    known = equivalents(tree / "equivalents.yml", tree)
    after = "case when {{ a }} > 0 then a - b end"
    Result("late", 1, [tried("survived", after), tried("survived", "case"), tried("killed", after)]).save(tree)
    [found] = results.saved(known, tree)
    assert [one.outcome for one in found.tried] == ["equivalent", "survived", "killed"]
    assert found.tried[0].diff == "- case when {{ a }} > 0 then a + b end\n+ case when {{ a }} > 0 then a - b end"


def test_the_rate_is_of_those_that_count() -> None:
    outcomes = ["killed", "killed", "timeout", "survived", "equivalent", "unreadable", "unreadable"]
    result = Result("late", 7, [tried(outcome) for outcome in outcomes])
    assert result.rate == 75
    assert result.row == "| late | 4 | 3 | 75 % | 1 | 2 | 7 |"
    assert Result("late", 7, [tried("unreadable")]).rate is None


def test_the_table_keeps_what_was_not_run(tmp_path: Path) -> None:
    before = [f"| {name} | 1 | 1 | 100 % | 0 | 0 | 1 |" for name in ("old", "gone")]
    page = "\n".join(["# Page", "", BEGIN, *before, END, "", "More.", ""])
    Result("late", 2, [tried("killed"), tried("survived")]).save(tmp_path)
    written = with_table(page, results.saved([], tmp_path), ["late", "old", "never run"])
    rows = ["| late | 2 | 1 | 50 % | 0 | 0 | 2 |", before[0]]
    assert written == "\n".join(["# Page", "", BEGIN, *HEAD, *rows, END, "", "More.", ""])
    assert with_table(written, [], ["late", "old"]) == written
    with pytest.raises(UsageError, match="expected one line"):
        with_table("# Page\n", [], ["late"])


def test_contributing_has_a_place_for_the_table() -> None:
    with_table(results.PAGE.read_text(), [], [area.name for area in areas([])])


@pytest.mark.skipif(shutil.which("git") is None, reason="the files of the tree are those that git knows")
def test_every_macro_and_model_is_in_one_area() -> None:
    tracked = tree_files()
    found = [file for area in areas([]) for file in area.files(tracked)]
    assert len(found) == len(set(found))
    package = [file for file in tracked if file.startswith("insitu/dbt/") and file.endswith(".sql")]
    assert set(package) <= set(found)
    assert all(area.files(tracked) for area in areas([]))


def test_an_area_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"no area is called promotoin; areas.yml has training, .*promotion"):
        areas(["promotoin"])

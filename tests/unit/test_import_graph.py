"""Imports inside the library run downwards, floor by floor, and never in a circle; wherever in a file they stand."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "insitu"

# From the ground up. A module may import what is below its floor, and its own floor.
FLOORS = (
    "insitu.errors",
    "insitu.quoting",
    "insitu.threads",
    "insitu.durations",
    "insitu.moments",
    "insitu.metrics",
    "insitu.blocks",
    "insitu.acting",
    "insitu.config",
    "insitu.local_postgres",
    "insitu.warehouse",
    "insitu.sources",
    "insitu.postgrespy",
    "insitu.training.fitting",
    "insitu.registry",
    "insitu.training",
    "insitu.proof",
    "insitu.nodes",
    "insitu.scoring",
    "insitu.serving",
    "insitu.features",
    "insitu.status",
    "insitu.alerts",
    "insitu.api",
    "insitu.report",
    "insitu.replay",
    "insitu.diff",
    "insitu.install",
    "insitu.scaffold",
    "insitu.commands",
    "insitu.cli",
)
# These run under another name (dbt's), and are in no wheel under their own.
NAMED_BY_DBT = ("insitu.postgrespy.adapter", "insitu.postgrespy.include")

Graph = dict[str, set[str]]


def modules(library: Path) -> dict[str, Path]:
    """The library's modules and packages by their names."""
    found = {}
    for path in library.rglob("*.py"):
        if "templates" not in path.parts:
            name = ".".join(path.relative_to(library.parent).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def named(name: str, path: Path) -> Iterator[str]:
    """What a file imports, as it names it; relative imports made absolute."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            steps = package.split(".")
            steps = steps[: len(steps) - node.level + 1] if node.level else []
            base = ".".join([*steps, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def graph(library: Path) -> Graph:
    """Who imports whom. Importing a module also runs the packages around it, where these import anything."""
    known = modules(library)
    direct: Graph = {}
    for name, path in known.items():
        targets = set()
        for target in named(name, path):
            while target and target not in known:
                target = target.rpartition(".")[0]
            targets.add(target)
        direct[name] = targets - {"", name, "insitu"}
    # The library's own name has its version and opens the API; it imports nothing before it is asked to.
    assert direct.pop("insitu", set()) <= {"insitu.api"}
    around = {
        name: {
            parent
            for target in targets
            for parent in known
            if target.startswith(f"{parent}.") and not f"{name}.".startswith(f"{parent}.") and direct[parent]
        }
        for name, targets in direct.items()
    }
    return {name: targets | around[name] for name, targets in direct.items()}


def floor(name: str) -> str:
    """The floor a module is on: the longest that its name begins with."""
    found = [floor for floor in FLOORS if f"{name}.".startswith(f"{floor}.")]
    return max(found, key=len, default="")


def upward(imports: Graph) -> list[str]:
    order = {floor: height for height, floor in enumerate(FLOORS)}
    return sorted(
        f"{name} imports {target}"
        for name, targets in imports.items()
        for target in targets
        if order[floor(name)] < order[floor(target)]
    )


def circles(imports: Graph) -> list[str]:
    """One path back to itself for every module that has any."""
    found = []
    for start in sorted(imports):
        paths = [[start]]
        seen: set[str] = set()
        while paths:
            path = paths.pop(0)
            for target in sorted(imports[path[-1]]):
                if target == start:
                    found.append(" → ".join([*path, start]))
                    paths = []
                    break
                if target not in seen:
                    seen.add(target)
                    paths.append([*path, target])
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LIBRARY, tmp_path / "insitu", ignore=shutil.ignore_patterns("__pycache__")))


def test_the_librarys_own_name_imports_nothing() -> None:
    code = "import sys, insitu; print(sorted(name for name in sys.modules if name.startswith('insitu')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "['insitu']\n"


def test_every_module_has_a_floor() -> None:
    assert [name for name in modules(LIBRARY) if name != "insitu" and not floor(name)] == []


def test_no_import_runs_upwards() -> None:
    assert upward(graph(LIBRARY)) == []


def test_no_imports_in_a_circle() -> None:
    assert circles(graph(LIBRARY)) == []


def test_the_adapter_is_imported_by_dbt_alone() -> None:
    imports = graph(LIBRARY)
    by_others = {
        name
        for name in imports
        if not name.startswith(NAMED_BY_DBT) and any(target.startswith(NAMED_BY_DBT) for target in imports[name])
    }
    assert by_others == set()


@pytest.mark.parametrize(
    ("file", "line", "importer", "imported"),
    [
        ("warehouse/duckdb.py", "from insitu.training import keys", "warehouse.duckdb", "training.keys"),
        ("training/fitting/data.py", "import insitu.registry.model", "training.fitting.data", "registry.model"),
        ("errors.py", "def late():\n    from insitu import threads", "errors", "threads"),
        ("sources/files.py", "if TYPE_CHECKING:\n    from insitu.cli import cli", "sources.files", "cli"),
        ("training/__init__.py", "from insitu.training.train import train", "registry.model", "training"),
    ],
)
def test_a_planted_upward_import_is_found(copy: Path, file: str, line: str, importer: str, imported: str) -> None:
    with (copy / file).open("a") as module:
        module.write(f"\n\n{line}\n")
    assert f"insitu.{importer} imports insitu.{imported}" in upward(graph(copy))


def test_a_planted_circle_is_found(copy: Path) -> None:
    with (copy / "training" / "keys.py").open("a") as module:
        module.write("\n\ndef late() -> None:\n    from . import train\n")
    assert "insitu.training.keys → insitu.training.train → insitu.training.keys" in circles(graph(copy))


def test_a_module_on_no_floor_is_found(copy: Path) -> None:
    (copy / "attic.py").touch()
    assert not floor("insitu.attic") and "insitu.attic" in modules(copy)

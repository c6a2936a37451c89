"""The floors of `insitu.proof`: no module imports a higher floor, and no modules import one another in a circle.

All imports count, also those inside of functions and under TYPE_CHECKING.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import insitu

PACKAGE = "insitu.proof"
SOURCE = Path(insitu.__file__).parent / "proof"
FLOORS = ("domain", "sql", "rules", "project", "rerun", "lineage", "fuzz")  # from the ground
ROOF = ("", "commands", "pytest_plugin")  # may import every floor
# What of the library lies below.
OUTSIDE = (
    "insitu.durations",
    "insitu.errors",
    "insitu.local_postgres",
    "insitu.quoting",
    "insitu.warehouse",
    "insitu.registry.signature",
)


def graph(source: Path) -> dict[str, set[str]]:
    """Module → what it imports of the library, the package's own modules without the package's name."""
    paths = {".".join(p.relative_to(source).with_suffix("").parts): p for p in source.rglob("*.py")}
    modules = {name.removesuffix("__init__").removesuffix("."): path for name, path in paths.items()}
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        here = (PACKAGE, *module.split(".")) if module else (PACKAGE,)
        if path.name != "__init__.py":
            here = here[:-1]
        found[module] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    base = ".".join([*here[: len(here) - node.level + 1], *([base] if base else [])])
                names = [f"{base}.{alias.name}" for alias in node.names]
            found[module] |= {_module(name, modules) for name in names if f"{name}.".startswith("insitu.")}
    return {module: imported - {module} for module, imported in found.items()}


def _module(name: str, modules: dict[str, Path]) -> str:
    """The module that a dotted name is, or lies in."""
    if not f"{name}.".startswith(f"{PACKAGE}."):
        return name
    name = name.removeprefix(PACKAGE).removeprefix(".")
    while name not in modules:
        name = name.rpartition(".")[0]
    return name


def upward(imports: dict[str, set[str]]) -> list[str]:
    """Imports from a lower floor to a higher one, to the roof, or to a part of the library that lies above."""
    found = []
    for module, imported in imports.items():
        if module in ROOF:
            continue
        for other in imported:
            if other.startswith("insitu."):
                wrong = not any(f"{other}.".startswith(f"{allowed}.") for allowed in OUTSIDE)
            else:
                wrong = other in ROOF or floor(other) > floor(module)
            if wrong:
                found.append(f"{module} imports {other or PACKAGE}")
    return sorted(found)


def floor(module: str) -> int:
    return FLOORS.index(module.partition(".")[0])


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Modules in circles, and between two of them.

    What remains when modules that import none of the others, or that none of the others import, are taken away again
    and again.
    """
    left = {module: {other for other in imported if other in imports} for module, imported in imports.items()}
    while True:
        imported_by_some = set().union(*left.values())
        ends = {module for module, imported in left.items() if not imported or module not in imported_by_some}
        if not ends:
            return sorted(left)
        left = {module: imported - ends for module, imported in left.items() if module not in ends}


def test_no_import_runs_upwards() -> None:
    assert upward(graph(SOURCE)) == []


def test_no_circle() -> None:
    assert circle(graph(SOURCE)) == []


def test_every_module_stands_on_a_floor() -> None:
    imports = graph(SOURCE)
    assert {module.partition(".")[0] for module in imports} - set(ROOF) == set(FLOORS)
    assert not any(imports[name] for name in FLOORS)  # importing a floor imports none of its modules


PLANTED = {
    "inside of a function": "def f():\n    from insitu.proof.project import project\n",
    "under TYPE_CHECKING": "if TYPE_CHECKING:\n    from insitu.proof.project.project import Project\n",
    "relative": "from ..project.project import Project\n",
    "of the whole package": "from insitu.proof import check_sql\n",
    "of a higher part of the library": "import insitu.training.fit\n",
}


@pytest.mark.parametrize("text", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_import_upwards_is_found(tmp_path: Path, text: str) -> None:
    (found,) = upward(graph(_plant(tmp_path, {"__init__": "", "project.project": "", "rules.one": text})))
    assert found.startswith("rules.one imports")


def test_a_planted_circle_is_found(tmp_path: Path) -> None:
    modules = {
        "rules.one": "def f():\n    from insitu.proof.rules import two\n",
        "rules.two": "from .three import x\n",
        "rules.three": "from insitu.proof.rules.one import f\n",
        "rules.four": "import insitu.proof.rules.one\n",
    }
    assert circle(graph(_plant(tmp_path, modules))) == ["rules.one", "rules.three", "rules.two"]


def _plant(directory: Path, modules: dict[str, str]) -> Path:
    for name, text in modules.items():
        path = directory / (name.replace(".", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return directory

"""Which library versions a model needs again, and what is recorded of the ones that made it."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from insitu.registry.versions import git_revision, incompatible, library_versions

PRESENT = {
    "scikit-learn": "1.5.2",
    "lightgbm": "4.6.0",
    "numpy": "2.1.0",
    "scipy": "1.14.1",
    "pandas": "2.2.3",
    "skops": "0.13",
}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name not in PRESENT:
            raise PackageNotFoundError(name)
        return PRESENT[name]

    monkeypatch.setattr("importlib.metadata.version", version)


@pytest.mark.parametrize(
    ("recorded", "found"),
    [
        ({}, None),
        ({"scikit-learn": "1.5.2", "lightgbm": "4.6.0"}, None),
        ({"scikit-learn": "1.5.0"}, None),
        ({"scikit-learn": "1.5.10", "lightgbm": "4.6.9"}, None),
        ({"scikit-learn": "1.4.2"}, "scikit-learn 1.4.2, and 1.5.2 is installed"),
        ({"scikit-learn": "1.6.2"}, "scikit-learn 1.6.2, and 1.5.2 is installed"),
        ({"scikit-learn": "1.50.2"}, "scikit-learn 1.50.2, and 1.5.2 is installed"),
        ({"scikit-learn": "0.5.2"}, "scikit-learn 0.5.2, and 1.5.2 is installed"),
        ({"scikit-learn": "2.5.2"}, "scikit-learn 2.5.2, and 1.5.2 is installed"),
        ({"scikit-learn": "1.5.2", "lightgbm": "4.5.0"}, "lightgbm 4.5.0, and 4.6.0 is installed"),
        ({"xgboost-cpu": "3.0.0"}, "xgboost-cpu 3.0.0, which is not installed"),
        ({"numpy": "1.26.0", "pandas": "3.0.0", "python": "3.9.1"}, None),  # none of their objects are inside
    ],
)
def test_a_patch_release_loads_and_no_other(recorded: dict[str, str], found: str | None) -> None:
    assert incompatible(recorded) == found


def test_every_library_whose_objects_are_inside_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: "3.1.0")
    for name in ("scikit-learn", "lightgbm", "xgboost-cpu"):
        assert incompatible({name: "3.0.0"}) == f"{name} 3.0.0, and 3.1.0 is installed"


def test_what_is_recorded_is_what_a_fit_depends_on() -> None:
    always = {"python": platform.python_version(), **PRESENT}
    del always["lightgbm"]
    assert library_versions("logistic_regression", "mlp") == always
    assert library_versions("mlp", "lightgbm", "lightgbm") == {**always, "lightgbm": "4.6.0"}
    with pytest.raises(PackageNotFoundError, match="xgboost-cpu"):
        library_versions("xgboost")


def test_the_revision_says_whether_files_differ_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    def revision() -> str:
        git_revision.cache_clear()
        return git_revision()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert revision() == ""
    git("init", "-q")
    (tmp_path / "model.sql").write_text("select 1")
    git("add", ".")
    git("commit", "-qm", "one")
    assert revision() == git("rev-parse", "HEAD")
    (tmp_path / "beside.txt").write_text("not the repository's")
    assert revision() == git("rev-parse", "HEAD")
    (tmp_path / "model.sql").write_text("select 2")
    assert revision() == git("rev-parse", "HEAD") + "+changes"
    git_revision.cache_clear()

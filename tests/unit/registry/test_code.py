"""The code hash: text about the code changes nothing, code does; and nothing that decides a model escapes it."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from insitu.registry.code import FOLDER, HASHED, LIBRARY, NOT_HASHED, code_hash, hash_of, hashed_files


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A copy of the files that are hashed."""
    for path in hashed_files():
        copy = tmp_path / path.relative_to(LIBRARY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_copy_has_the_same_hash(library: Path) -> None:
    assert hash_of(library, hashed_files(library)) == code_hash()


def test_docstrings_comments_and_line_breaks_change_nothing(library: Path) -> None:
    change(library / FOLDER / "calibrate.py", '"""A calibrated classifier.', '"""Another text.')
    change(library / FOLDER / "preprocess.py", '"""Encodings inside', '"""Other encodings inside')
    change(library / FOLDER / "preprocess.py", "MAX_CODES = 250", "# a comment\n\nMAX_CODES = (\n    250  # codes\n)")
    change(library / FOLDER / "families/base.py", '"""One entry of', '"""An entry of')
    change(library / "threads.py", "SMALL = 20_000  # rows", "SMALL = 20_000")
    assert hash_of(library, hashed_files(library)) == code_hash()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (f"{FOLDER}/preprocess.py", "MAX_CODES = 250", "MAX_CODES = 251"),
        (f"{FOLDER}/temporal.py", "rows.as_of > start", "rows.as_of >= start"),
        (f"{FOLDER}/data.py", "    check_labels(table, use_case, name)\n", ""),
        (f"{FOLDER}/families/forests.py", '"min_samples_leaf": 20', '"min_samples_leaf": 21'),
        (f"{FOLDER}/frame.py", "result[~np.isfinite(result)] = np.nan", "pass"),
        (f"{FOLDER}/families/__init__.py", "mlp.FAMILY,", ""),
        ("threads.py", "limits=1", "limits=2"),
        ("durations.py", '"quarter": 3', '"quarter": 4'),
    ],
)
def test_any_change_of_code_is_another_hash(library: Path, file: str, old: str, new: str) -> None:
    change(library / file, old, new)
    assert hash_of(library, hashed_files(library)) != code_hash()


def test_a_new_and_a_renamed_file_are_another_hash(library: Path) -> None:
    (library / FOLDER / "families" / "spline.py").write_text('"""Nothing yet."""\n')
    with_new = hash_of(library, hashed_files(library))
    assert with_new != code_hash()
    (library / FOLDER / "families" / "spline.py").rename(library / FOLDER / "families" / "splines.py")
    assert hash_of(library, hashed_files(library)) not in (with_new, code_hash())


def imported(path: Path) -> set[str]:
    """The modules of insitu that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "insitu"}


def test_what_decides_a_model_imports_nothing_that_is_not_hashed_or_excused() -> None:
    beneath = {name.removesuffix(".py") for name in (*HASHED, *NOT_HASHED)}
    for path in hashed_files():
        for name in imported(path):
            allowed = name.startswith("insitu.training.fitting") or name.split(".")[1] in beneath
            assert allowed, f"{path.relative_to(LIBRARY)} imports {name}"

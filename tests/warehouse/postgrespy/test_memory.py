"""Streams stay streams: however many rows there are, only a few batches exist at a time."""

import threading
from collections.abc import Iterator

import psycopg2
import pyarrow as pa

from insitu.local_postgres import Database
from insitu.warehouse.postgres import write
from insitu.warehouse.postgres.read import prefetch

BATCHES, ROWS = 50, 100_000  # 0.8 MB each


def counted(held: list[float]) -> Iterator[pa.RecordBatch]:
    """Batches; before each one is made, how many there is memory in use for is noted."""
    before = pa.total_allocated_bytes()
    for _ in range(BATCHES):
        held.append((pa.total_allocated_bytes() - before) / (8 * ROWS))
        yield pa.RecordBatch.from_pydict({"x": pa.nulls(ROWS, pa.int64()).fill_null(7)})


def test_writing_holds_no_more_than_a_batch_and_the_one_before(postgres_database: Database) -> None:
    held: list[float] = []
    connection = psycopg2.connect(postgres_database.dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("create table numbers (x bigint)")
        rows = write.copy_batches(cursor, "numbers", pa.schema({"x": pa.int64()}), counted(held), {})
        cursor.execute("select count(*) from numbers")
        assert cursor.fetchone() == (rows,) == (BATCHES * ROWS,)
    connection.close()
    assert len(held) == BATCHES and max(held) < 4


def test_reading_ahead_stops_when_nobody_takes_the_batches() -> None:
    held: list[float] = []
    taken = 0
    for batch in prefetch(counted(held), threading.Event(), depth=2):
        taken += 1
        assert len(held) <= taken + 4  # one handed over, two waiting, one at the door, one to be made
        del batch
    assert taken == BATCHES and max(held) < 6


def test_a_batch_of_any_size_is_copied_in_slices_of_bounded_size() -> None:
    narrow = pa.RecordBatch.from_pydict({"x": pa.nulls(1_000_000, pa.int64())})
    wide = pa.RecordBatch.from_pydict({"x": ["y" * 100_000] * 2000})
    for batch in (narrow, wide):
        parts = list(write.slices([batch]))
        assert sum(part.num_rows for part in parts) == batch.num_rows
        assert max(part.num_rows for part in parts) <= write.ROWS_PER_COPY
        assert max(part.get_total_buffer_size() // len(parts) for part in parts) <= write.BYTES_PER_COPY

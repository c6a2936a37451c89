"""Fill the table raw.transactions, as the till's nightly export would: `python load.py`.

`--target postgres` reaches the server by PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE; `--until 2011-11-01` loads
only what had been written by then.
"""

from __future__ import annotations

import argparse
import io
import os
from datetime import datetime
from pathlib import Path

import duckdb

FILE = Path(__file__).parent / "data" / "transactions.parquet"
COLUMNS = {
    "line_id": "bigint",
    "invoice": "varchar",
    "stock_code": "varchar",
    "description": "varchar",
    "quantity": "integer",
    "invoice_ts": "timestamp",
    "price": "decimal(9, 3)",
    "customer_id": "integer",
    "country": "varchar",
}
TABLE = f"raw.transactions ({', '.join(f'{name} {type_}' for name, type_ in COLUMNS.items())})"


def rows(until: datetime) -> str:
    """The query for the lines that had been written before a moment."""
    return f"select {', '.join(COLUMNS)} from '{FILE}' where invoice_ts < timestamp '{until}' order by line_id"


def load_duckdb(until: datetime) -> int:
    """Fill the table in the DuckDB file; return its number of rows."""
    with duckdb.connect(os.environ.get("RETAIL_DUCKDB", "online_retail.duckdb")) as connection:
        connection.execute("begin")
        connection.execute("create schema if not exists raw")
        connection.execute(f"create or replace table {TABLE}")
        connection.execute(f"insert into raw.transactions {rows(until)}")
        connection.execute("commit")
        return int(connection.execute("select count(*) from raw.transactions").fetchall()[0][0])


def load_postgres(until: datetime) -> int:
    """Fill the table in PostgreSQL; views over it stay."""
    import psycopg
    import pyarrow.csv

    with psycopg.connect(
        host=os.environ.get("PGHOST", "127.0.0.1"),
        port=os.environ.get("PGPORT", "5432"),
        user=os.environ.get("PGUSER", "insitu"),
        password=os.environ.get("PGPASSWORD", "insitu"),
        dbname=os.environ.get("PGDATABASE", "insitu"),
    ) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute(f"create table if not exists {TABLE}")
        connection.execute("truncate raw.transactions")
        with connection.cursor().copy("copy raw.transactions from stdin (format csv)") as copy:
            for batch in duckdb.connect().sql(rows(until)).to_arrow_reader(100_000):
                buffer = io.BytesIO()
                pyarrow.csv.write_csv(batch, buffer, pyarrow.csv.WriteOptions(include_header=False))
                copy.write(buffer.getvalue())
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze raw.transactions")
        counted = connection.execute("select count(*) from raw.transactions").fetchone()
        assert counted
        return int(counted[0])


def main() -> None:
    """Load the table and say how many rows it has."""
    parser = argparse.ArgumentParser(description="Fill the table raw.transactions.")
    parser.add_argument("--target", choices=["duckdb", "postgres"], default=os.environ.get("RETAIL_TARGET", "duckdb"))
    parser.add_argument("--until", type=datetime.fromisoformat, default=datetime(9999, 1, 1))
    arguments = parser.parse_args()
    load = {"duckdb": load_duckdb, "postgres": load_postgres}[arguments.target]
    print(f"raw.transactions: {load(arguments.until):,} lines")


if __name__ == "__main__":
    main()

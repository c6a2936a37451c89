"""Parquet files for lakes: a folder for each time of publishing, and a manifest that names the one that counts."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from insitu.quoting import qualified
from insitu.scoring.publish import Relation
from insitu.scoring.publish.files import flush, replacing
from insitu.warehouse import Warehouse

MANIFEST = "manifest.json"
KEPT = 2  # of the times of publishing: who reads the one before can end
ROWS = 100_000


def publish_parquet(warehouse: Warehouse, folder: Path, relations: Sequence[Relation]) -> Path:
    """Write each relation as a file, then the manifest, which replaces the last one at one stroke.

    Args:
        warehouse: open; all is read from it in one state.
        folder: where the manifest and the folders of files are.
        relations: what is written.
    """
    now = datetime.now(UTC)
    own = folder / f"{now:%Y%m%dT%H%M%S%f}-{os.getpid()}"
    own.mkdir(parents=True)
    try:
        files = [_write(warehouse, own, relation) for relation in relations]
        flush(own)
        manifest = {"published_at": now.isoformat(), "folder": own.name, "files": files}
        with replacing(folder / MANIFEST) as new:
            new.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    except BaseException:
        shutil.rmtree(own, ignore_errors=True)
        raise
    _remove_old(folder, own)
    return folder / MANIFEST


def _write(warehouse: Warehouse, folder: Path, relation: Relation) -> dict[str, Any]:
    path = folder / f"{relation.schema}.{relation.name}.parquet"
    reader = warehouse.sql(f"select * from {qualified(relation.schema, relation.name)}").to_arrow_reader(ROWS)
    n_rows = 0
    with pq.ParquetWriter(path, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            n_rows += batch.num_rows
    flush(path)
    return {
        "schema": relation.schema,
        "name": relation.name,
        "path": f"{folder.name}/{path.name}",
        "rows": n_rows,
        "bytes": path.stat().st_size,
        "columns": [{"name": field.name, "type": str(field.type)} for field in reader.schema],
    }


def _remove_old(folder: Path, own: Path) -> None:
    """Keep what is published and the time before; what was begun and never published goes, too."""
    others = sorted(each for each in folder.iterdir() if each.is_dir() and (each / "").exists() and _is_ours(each))
    for each in others[:-KEPT]:
        if each != own:
            shutil.rmtree(each, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    stamp, _, process = folder.name.partition("-")
    return len(stamp) == 21 and stamp[8] == "T" and process.isdigit()

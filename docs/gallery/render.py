"""Writes the gallery of leaks in docs/point_in_time.md: each SQL file, and what the checker really says of it.

Run `python docs/gallery/render.py` after a change; a test compares.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.project.report import text
from insitu.proof.rerun.witness import attach

HERE = Path(__file__).parent
PAGE = HERE.parent / "point_in_time.md"
START, END = "<!-- gallery: written by docs/gallery/render.py -->\n", "<!-- end of gallery -->\n"


def gallery() -> str:
    """Markdown of all cases."""
    return "\n".join(case(path) for path in sorted(HERE.glob("*.sql")))


def case(path: Path) -> str:
    """One case: its SQL and the checker's output."""
    sql = path.read_text()
    relations = yaml.safe_load((HERE / "relations.yml").read_text())
    nodes = [Node(n, "source", columns=r["columns"], meta=r["point_in_time"]) for n, r in relations.items()]
    features = {"kind": "features", "as_of": "as_of", "key": ["flight_id"]}
    model = Node("feature", "model", sql, meta=features, path=path.name, raw=sql)
    project = Project([*nodes, model], "duckdb")
    results = [project.check_model(model)]
    attach(project, results)
    output = text(project, results, [])
    title, _, body = sql.partition("\n")
    return f"{title.removeprefix('-- ')}\n\n```sql\n{body.rstrip()}\n```\n\n```text\n{output}\n```\n"


def render(page: str) -> str:
    """The page with a fresh gallery."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{gallery()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text()))

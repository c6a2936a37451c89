"""The gallery of leaks in the documentation shows the checker's real output."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("render", DOCS / "gallery" / "render.py")
    assert spec and spec.loader
    render = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(render)
    page = (DOCS / "point_in_time.md").read_text()
    assert render.render(page) == page, "run `python docs/gallery/render.py`"
    assert page.count("refuted") >= 5

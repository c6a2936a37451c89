"""Boosters inside a skops file: their bytes are found and checked before the library parses them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from typing import Any, TypeGuard

from insitu.registry.structure.lightgbm import check_lightgbm
from insitu.registry.structure.parts import BadStructure, require
from insitu.registry.structure.xgboost import check_xgboost


def check_boosters(archive: zipfile.ZipFile) -> None:
    """Raise BadStructure if a booster in this file is none that its library wrote."""
    for node in _boosters(json.loads(archive.read("schema.json"))):
        state = (node.get("content") or {}).get("content")
        if not isinstance(state, dict):
            raise BadStructure("a booster without its state")
        if str(node["__module__"]).startswith("lightgbm"):
            handle = state.get("_handle")
            text = json.loads(handle["content"]) if _is(handle, "JsonNode") else None
            require(isinstance(text, str), "a booster that is no text")
            check_lightgbm(str(text))
        else:
            handle = state.get("handle")
            check_xgboost(archive.read(handle["file"]) if _is(handle, "BytearrayNode") else b"")


def _is(node: Any, loader: str) -> TypeGuard[dict[str, Any]]:
    return isinstance(node, dict) and node.get("__loader__") == loader


def _boosters(schema: Any) -> Iterator[dict[str, Any]]:
    """All nodes of the file's schema that are rebuilt as boosters."""
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if node.get("__class__") == "Booster":
                yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)

"""The SQL of a later run, from the compiled SQL of the full build and the template."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import nodes

from insitu.proof.project.nodes import Node
from insitu.proof.project.templates import parse
from insitu.quoting import qualified

Find = Callable[[str], Node | None]


def increment(node: Node, find: Find) -> str | None:
    """The SQL of a later run: the compiled SQL of the full build with the other branch in its place."""
    pieces = list(_pieces(parse(node.raw)))
    if None in pieces:
        return None
    spans = [_spans(pieces, node.sql or "", lazy) for lazy in ("?", "")]
    if spans[0] is None or spans[0] != spans[1]:
        return None  # where the branch belongs is not certain
    branches = [p for p in pieces if isinstance(p, tuple)]
    text, done = "", 0
    for (start, end), (body, _) in zip(spans[0], branches, strict=True):
        rendered = _rendered(body, node, find)
        if rendered is None:
            return None
        text += (node.sql or "")[done:start] + rendered
        done = end
    return text + (node.sql or "")[done:]


def _pieces(tree: nodes.Template) -> Iterator[Any]:
    """Of a template: text, "" for what is none, the two branches of is_incremental(), None for another use of it."""
    for node in tree.body:
        if isinstance(node, nodes.Output):
            for child in node.nodes:
                if _asks(child):
                    yield None
                yield child.data if isinstance(child, nodes.TemplateData) and child.data else ""
        elif isinstance(node, nodes.If) and not node.elif_ and (test := _test(node.test)) is not None:
            yield (node.body, node.else_) if test else (node.else_, node.body)
        else:
            yield None if _asks(node) else ""


def _test(test: nodes.Node) -> bool | None:
    """`is_incremental()`: True, `not is_incremental()`: False, any other: None."""
    if isinstance(test, nodes.Not):
        inner = _test(test.node)
        return None if inner is None else not inner
    asked = isinstance(test, nodes.Call) and isinstance(test.node, nodes.Name) and test.node.name == "is_incremental"
    return True if asked else None


def _asks(node: nodes.Node) -> bool:
    names = [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name)
    return any(n.name == "is_incremental" for n in names)


def _spans(pieces: list[Any], text: str, lazy: str) -> list[tuple[int, int]] | None:
    """Where the branches stand in the compiled text; holes match as little as they can, or as much."""
    pattern = [r"\s*"]
    for i, piece in enumerate(pieces):
        if isinstance(piece, tuple):
            inner = [_data(n) for n in piece[1]]
            if None in inner:
                return None
            pattern.append(f"({re.escape(''.join(x or '' for x in inner))})")
        elif piece:
            piece = piece.lstrip() if i == 0 else piece
            pattern.append(re.escape(piece.rstrip() if i == len(pieces) - 1 else piece))
        else:
            pattern.append(f"[\\s\\S]*{lazy}")
    found = re.fullmatch("".join(pattern) + r"\s*", text)
    return [found.span(i + 1) for i in range(len(found.groups()))] if found else None


def _data(node: nodes.Node) -> str | None:
    """The text of a statement that is nothing but text."""
    if not isinstance(node, nodes.Output) or not all(isinstance(x, nodes.TemplateData) for x in node.nodes):
        return None
    return "".join(x.data for x in node.nodes if isinstance(x, nodes.TemplateData))


def _rendered(body: list[nodes.Node], node: Node, find: Find) -> str | None:
    """The text of a branch in which only `this`, ref() and source() stand."""
    text = ""
    for statement in body:
        if not isinstance(statement, nodes.Output):
            return None
        for part in statement.nodes:
            if isinstance(part, nodes.TemplateData):
                text += part.data
            elif isinstance(part, nodes.Name) and part.name == "this":
                text += _quoted(node)
            elif isinstance(part, nodes.Call) and isinstance(part.node, nodes.Name):
                name = ".".join(str(a.value) for a in part.args if isinstance(a, nodes.Const))
                read = find(name) if part.node.name in ("ref", "source") else None
                if read is None:
                    return None
                text += _quoted(read)
            else:
                return None
    return text


def _quoted(node: Node) -> str:
    return qualified(*filter(None, node.relation))

"""SQL that runs beside a model: hooks of models, of the run, and what is put before the query.

The compiled SQL of a model is what its table holds only if nothing else writes to the table. So a hook may do what
leaves rows as they are (rights, indexes, statistics, comments), and nothing that is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jinja2
from jinja2 import nodes

from insitu.proof.project.templates import OWN, Macro, Templates, parse

_HARMLESS = re.compile(
    r"grant\s[\s\S]+\son\s[\s\S]+\sto\s[\s\S]+|revoke\s[\s\S]+\son\s[\s\S]+\sfrom\s[\s\S]+|analyze\b[\s\S]*|vacuum\b[\s\S]*"
    r"|checkpoint|commit|comment\s+on\s[\s\S]+"
    r"|create\s+(unique\s+)?index\b[\s\S]*"
    r"|alter\s+table\s+(if\s+exists\s+)?\S+\s+(owner\s+to\s|add\s+(constraint|primary|unique|foreign)\s)[\s\S]+",
    re.IGNORECASE,
)
_GRANTED = re.compile(r"\b(select|insert|update|delete|truncate|references|trigger|all|usage)\b", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(update|insert|delete|merge|truncate|drop|rename|replace|copy|call|do|execute|load|install|attach|set|import|"
    r"prepare|refresh|select|with)\b|\balter\b(?!\s+table)|\bcreate\b(?!\s+(unique\s+)?index\b)",
    re.IGNORECASE,
)
_TEXT = re.compile(r"\$\$[\s\S]*?\$\$|'(?:[^']|'')*'|--[^\n]*|/\*[\s\S]*?\*/")
_HOLE = "\x00"  # an expression whose text is not known
_NAMED = "\x01"  # the name of a relation


def writes(hook: str, templates: Templates, package: str) -> str | None:
    """Why a hook may change rows; None when it leaves them as they are."""
    reading = templates.read(hook, package)
    if reading.problem is not None:
        return reading.problem.why
    for statement in statements(hook, templates, package):
        shown = " ".join(statement.replace(_HOLE, "…").replace(_NAMED, "this").split())[:60]
        bare = _TEXT.sub("", statement).strip()
        if not bare:
            continue
        head = bare.split(None, 1)[0].lower()
        rest = _GRANTED.sub("", bare) if head in ("grant", "revoke") else bare
        if not _HARMLESS.fullmatch(bare) or _WRITES.search(rest):
            return shown
    return None


def statements(hook: str, templates: Templates, package: str) -> list[str]:
    """The SQL of a hook, as far as its text is known, statement by statement."""
    try:
        text = "".join(_text(parse(hook), _Inside(templates, package)))
    except jinja2.TemplateSyntaxError:
        return [hook]
    kept = _TEXT.sub(lambda m: m[0].replace(";", ","), text)
    return [s.strip() for s in kept.split(";") if s.strip()]


class _Inside(NamedTuple):
    """Where a text stands: the package, the macros around it, and the texts of their parameters."""

    templates: Templates
    package: str
    macros: tuple[str, ...] = ()
    given: Mapping[str, str] = {}


def _text(node: nodes.Node, at: _Inside) -> Iterator[str]:
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Output):
        for part in node.nodes:
            yield from _expression(part, at)
    elif isinstance(node, nodes.CallBlock):
        yield _HOLE
    elif not isinstance(node, nodes.ExprStmt):
        for child in node.iter_child_nodes():
            if isinstance(child, nodes.Stmt | nodes.Template | nodes.TemplateData):
                yield from _text(child, at)


def _expression(node: nodes.Node, at: _Inside) -> Iterator[str]:
    """The text of `{{ … }}`: of a macro that is called, of a constant, the name of a relation, or a hole."""
    called: nodes.Node | None = node.node if isinstance(node, nodes.Call) else None
    name = called.name if isinstance(called, nodes.Name) else None
    owner: nodes.Node = node.node if isinstance(node, nodes.Getattr) else node
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Const):
        yield str(node.value)
    elif isinstance(node, nodes.Concat):
        for part in node.nodes:
            yield from _expression(part, at)
    elif isinstance(node, nodes.Name) and node.name in at.given:
        yield at.given[node.name]
    elif name in ("ref", "source") or (isinstance(owner, nodes.Name) and owner.name in ("this", "target")):
        yield _NAMED
    elif name in ("config", "log", "return", "print", "is_incremental"):
        yield ""
    else:
        macros = _called(called, at.templates, at.package)
        if macros is None or not isinstance(node, nodes.Call):
            yield _HOLE
            return
        for macro in macros:
            if macro.package != OWN and not macro.trust:
                yield from _inlined(macro, node, at)


def _inlined(macro: Macro, call: nodes.Call, at: _Inside) -> Iterator[str]:
    """The text of a macro, as it is called."""
    if macro.name in at.macros:
        yield _HOLE
        return
    tree = parse(macro.text)
    parameters = [p.name for definition in tree.find_all(nodes.Macro) for p in definition.args]
    values = dict(zip(parameters, call.args, strict=False)) | {k.key: k.value for k in call.kwargs}
    given = {p: "".join(_expression(values[p], at)) if p in values else _HOLE for p in parameters}
    yield from _text(tree, _Inside(at.templates, macro.package, (*at.macros, macro.name), given))


def _called(called: nodes.Node | None, templates: Templates, package: str) -> list[Macro] | None:
    """The macros that an expression calls; None when it is another one."""
    if isinstance(called, nodes.Name):
        return templates.macros(called.name, caller=package) or None
    if isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name):
        return templates.macros(called.attr, called.node.name) or None
    return None


def touched(hook: str, templates: Templates, package: str) -> set[str] | None:
    """The names that a hook mentions, lower case; None when it may touch any relation."""
    names: set[str] = set()
    reading = templates.read(hook, package)
    if reading.problem is not None:
        return None
    text = "".join(statements(hook, templates, package))
    if _HOLE in text:
        return None
    names |= {word.lower() for word in re.findall(r"\w+", text)}
    for source in (hook, *(m.text for m in reading.macros)):
        for call in parse(source).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("ref", "source"):
                if not call.args or not isinstance(call.args[-1], nodes.Const):
                    return None
                names.add(str(call.args[-1].value).lower())
    return names


def of(entry: Mapping[str, Any]) -> list[str]:
    """The hooks of a node of the manifest."""
    return [h["sql"] for key in ("pre-hook", "post-hook") for h in entry.get("config", {}).get(key) or []]

"""Incremental models: what a later run adds must be what the full build would have had.

Only the full build is compiled, so the branch of `is_incremental()` is put into its SQL here. It may do one thing:
leave out, at the end, the rows that the model has already. Then what is added is rows of the full query, and its proof
is theirs. A filter further inside (of events, say) would give other values; one that reads anything else, other rows.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from sqlglot import exp

from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import Place
from insitu.proof.project import declarations as d
from insitu.proof.project.increments import added
from insitu.proof.project.increments.text import Find, increment
from insitu.proof.project.nodes import Node
from insitu.proof.project.templates import OWN, parse
from insitu.proof.sql import parsing as sql
from insitu.proof.sql.identifiers import fold, folded

STRATEGIES = (None, "append", "delete+insert", "merge")
# Settings by which dbt adds, changes or leaves out rows without the query saying so.
SETTINGS = ("incremental_predicates", "predicates", "merge_update_columns", "merge_exclude_columns")
ADVICE = (
    "end with `select * from final {% if is_incremental() %} where <time> > (select max(<time>) from {{ this }}) "
    "{% endif %}`"
)


def check(node: Node, declared: Any, dialect: str, find: Find) -> Refusal | None:
    """Why later runs of an incremental model may add other rows than the full build has; None when they do not.

    Args:
        find: the node of a name.
    """
    if node.config.get("materialized") != "incremental" or node.templates is None:
        return None

    def refused(why: str) -> Refusal:
        return Refusal(f"incremental: {why}", place=Place(node.name))

    strategy = node.config.get("incremental_strategy")
    if strategy not in STRATEGIES:
        return refused(f"the strategy {strategy} changes what is read or replaced; use append, delete+insert or merge")
    for name in SETTINGS:
        if node.config.get(name):
            return refused(f"{name} changes rows without the query saying so")
    time = declared.as_of if isinstance(declared, d.Spine | d.Features) else None
    time = declared.available_at if isinstance(declared, d.Event) else time
    if time is None:
        what = (
            f"rows of kind {declared.kind} change when time goes on" if declared is not None else "it is not declared"
        )
        return refused(f"{what}, so those that are there already are not those of a full build; make it a table")
    replaced = {folded(c, dialect) for c in _list(node.config.get("unique_key"))}
    keys = [set(key) for key in declared.unique]
    if getattr(declared, "key", None):
        keys.append({*declared.key, time})
    if replaced and replaced not in keys:
        shown = ", ".join(sorted(replaced))
        return refused(
            f"unique_key ({shown}) replaces rows of which the declaration does not say that they are the same; it must "
            f"be the declared key and {time}"
        )
    reading = node.templates.read(node.raw, node.package)
    if reading.incremental_macro:
        return refused(f"the macro {reading.incremental_macro} asks is_incremental(), which is read in models only")
    if not reading.incremental:
        return None if replaced or _by_macro(node, dialect) else refused(f"every run adds all rows again; {ADVICE}")
    text = increment(node, find)
    if text is None:
        return refused(f"the branch of is_incremental() cannot be read; {ADVICE}")
    names = {folded(name, dialect) for name in (node.relation[-1], node.name)}
    try:
        full, later = (fold(sql.parse(x, dialect), dialect) for x in (node.sql or "", text))
        conditions = added.conditions(full, later, names)
    except sql.NotOneQuery as error:
        return refused(str(error))
    if conditions is None:
        return refused(f"a later run reads other rows than the full build; {ADVICE}")
    for condition in conditions:
        shown = condition.predicate.sql(dialect)[:60]
        if not added.at_the_end(condition, time):
            return refused(f"{shown} does not leave out rows by the {time} of the last select; {ADVICE}")
        if not (added.is_new(condition, time, bool(replaced)) or added.is_absent(condition, keys)):
            return refused(f"{shown} is not known to leave out just the rows that are there; {ADVICE}")
    return None if conditions or replaced else refused(f"every run adds all rows again; {ADVICE}")


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _by_macro(node: Node, dialect: str) -> bool:
    """Is the model a macro of the library, or columns of one, row by row?"""
    text, macros = "", 0
    for piece in parse(node.raw).body:
        parts: list[nodes.Node] = [*piece.nodes] if isinstance(piece, nodes.Output) else [piece]
        for part in parts:
            if isinstance(part, nodes.TemplateData):
                text += part.data
            elif _is_own(part):
                text, macros = text + "select 1 as one", macros + 1
            elif not (
                isinstance(part, nodes.Call) and isinstance(part.node, nodes.Name) and part.node.name == "config"
            ):
                return False
    if macros != 1:
        return False
    query = sql.parse(text, dialect)
    mixing = (exp.AggFunc, exp.Window, exp.Join, exp.Distinct, exp.Limit, exp.Group, exp.SetOperation, exp.Offset)
    return not query.find(*mixing) and len(list(query.find_all(exp.Select))) <= 2 + len(list(query.find_all(exp.CTE)))


def _is_own(node: nodes.Node) -> bool:
    """A call of one of the library's macros, perhaps indented."""
    if isinstance(node, nodes.Filter) and node.name == "indent" and node.node is not None:
        node = node.node
    if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Getattr):
        return False
    return isinstance(node.node.node, nodes.Name) and node.node.node.name == OWN

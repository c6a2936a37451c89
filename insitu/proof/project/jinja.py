"""What a model's Jinja and hooks do that its compiled SQL does not show."""

from __future__ import annotations

import re

from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import Place

_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
_CODE = re.compile(r"{[{%].*?[%}]}", re.DOTALL)
_CLOCK = re.compile(r"\b(run_started_at|modules\.datetime|modules\.pytz|invocation_id)\b")
_ASKS = re.compile(r"\b(run_query|statement|dbt_utils\.get_column_values|get_single_value)\s*\(")
_WRITES = re.compile(r"\b(update|insert|delete|merge|truncate)\b", re.IGNORECASE)


def check(model: str, raw: str, hooks: list[str]) -> Refusal | None:
    """Why a model's compiled SQL does not tell what its rows depend on; None when it does.

    Macros that the model calls are not looked into.
    """
    text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), raw)
    for code in _CODE.finditer(text):
        clock, asks = _CLOCK.search(code[0]), _ASKS.search(code[0])
        found = clock or asks
        if found is not None:
            line = text.count("\n", 0, code.start() + found.start()) + 1
            if clock:
                why = f"{found[1]} in Jinja changes from run to run; use the variable as_of"
            else:
                why = f"{found[1]}() in Jinja puts today's data into the SQL; write it as a subquery, bounded by as_of"
            return Refusal(why, code="007" if clock else "008", place=Place(model, -line))
    writes = next((h for h in hooks if _WRITES.search(h)), None)
    if writes:
        return Refusal(
            f"a hook changes rows: {writes.strip()[:60]}; write the change into the query", place=Place(model)
        )
    return None

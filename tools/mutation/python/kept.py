"""The operators of cosmic-ray that are kept: those whose faults somebody could make and a reader could miss.

cosmic-ray's own runner is not used: it changes the files of the checkout, and cannot plant faults in SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.operators.provider import OperatorProvider

from tools.mutation.edits import Fault
from tools.mutation.python.places import Places

_COMPARISONS = (
    *("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_Gt", "Gt_Lt", "LtE_GtE", "GtE_LtE"),
    *("Is_IsNot", "IsNot_Is"),
)
_BINARY = ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div", "Pow_Mul", "BitAnd_BitOr", "BitOr_BitAnd")
OPERATORS = {
    **{f"ReplaceComparisonOperator_{pair}": "comparison" for pair in _COMPARISONS},
    **{f"ReplaceBinaryOperator_{pair}": "sign" for pair in _BINARY},
    "ReplaceUnaryOperator_Delete_USub": "sign",
    "ReplaceUnaryOperator_Delete_Not": "negation",
    "AddNot": "negation",
    "ReplaceTrueWithFalse": "negation",
    "ReplaceFalseWithTrue": "negation",
    "ReplaceBreakWithContinue": "loop",
    "ReplaceContinueWithBreak": "loop",
    "ZeroIterationForLoop": "loop",
}
_PROVIDER = OperatorProvider()


@dataclass(frozen=True)
class _Kept:
    """One occurrence of one of cosmic-ray's operators."""

    operator: str
    start: int
    name: str
    occurrence: int

    def applied(self, text: str) -> str:
        tree = parso.parse(text)
        operator = _PROVIDER[self.name]()
        places = (
            (node, index) for node in ast_nodes(tree) for index, _ in enumerate(operator.mutation_positions(node))
        )
        node, index = next(place for n, place in enumerate(places) if n == self.occurrence)
        siblings, instead = node.parent.children, operator.mutate(node, index)
        siblings[siblings.index(node)] = instead
        return str(tree.get_code())


def kept(text: str) -> Iterator[Fault]:
    """Every fault that these operators can plant in the text."""
    places, nodes = Places(text), list(ast_nodes(parso.parse(text)))
    for name, kind in OPERATORS.items():
        positions = _PROVIDER[name]().mutation_positions
        starts = [start for node in nodes for start, _ in positions(node)]
        yield from (_Kept(kind, places.at(*start), name, n) for n, start in enumerate(starts))

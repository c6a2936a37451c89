"""What the checks of structures share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class BadStructure(ValueError):
    """A model's contents do not hold together; the message says which part."""


def require(held: bool, otherwise: str) -> None:
    """Raise BadStructure unless the condition holds."""
    if not held:
        raise BadStructure(otherwise)


def require_within(values: Iterable[int], bound: int, otherwise: str) -> None:
    """Raise BadStructure unless all values are indices of something with so many parts."""
    require(all(0 <= value < bound for value in values), otherwise)


def require_tree(left: Sequence[int], right: Sequence[int], nodes: int, place: str) -> None:
    """Raise BadStructure unless following children from the first node ends, and never leaves the nodes.

    Args:
        left: the left child of each node, its own position's; negative in a leaf.
        right: likewise.
        nodes: how many nodes there are.
        place: what messages call the tree.
    """
    require(nodes > 0 and len(left) == len(right) == nodes, f"{place}: no node, or children of other nodes")
    reached = bytearray(nodes)
    reached[0] = True
    stack = [0]
    while stack:
        node = stack.pop()
        children = (left[node], right[node])
        if children[0] < 0 and children[1] < 0:
            continue
        for child in children:
            require(0 < child < nodes, f"{place}: a child that is no node")
            require(not reached[child], f"{place}: a node that is reached twice")
            reached[child] = True
            stack.append(child)

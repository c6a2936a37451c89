"""LightGBM's text: every index in it is one of a node, a leaf, a feature or a category that is there."""

from __future__ import annotations

import re
from itertools import pairwise

from insitu.registry.structure.parts import require, require_tree, require_within

_CATEGORICAL = 1  # the first bit of a node's decision type
_END = "end of trees"


def check_lightgbm(text: str) -> None:
    """Raise BadStructure if a model as LightGBM writes it does not hold together."""
    start = text.find("\nTree=0\n") + 1
    require(start > 0, "LightGBM: no tree")
    require("\r" not in text and "\0" not in text, "LightGBM: a character that it never writes")
    header = _Block(text[:start], "LightGBM")
    features = header.number("max_feature_idx") + 1
    per_round = header.number("num_tree_per_iteration")
    require(features > 0 and per_round > 0, "LightGBM: neither features nor trees")
    require(header.number("num_class") == per_round, "LightGBM: as many trees a round as classes were expected")
    told = re.search(r"num_class:(\d+)", header.values.get("objective", ""))
    require(told is None or int(told[1]) == per_round, "LightGBM: the objective has other classes")
    for name in ("feature_names", "feature_infos"):
        require(len(header.words(name)) == features, f"LightGBM: `{name}` of another number of features")
    sizes = header.numbers("tree_sizes")
    require(len(sizes) % per_round == 0, "LightGBM: a round of trees that is not complete")
    position = len(text[:start].encode())
    data = text.encode()
    for number, size in enumerate(sizes):
        tree = data[position : position + size] if size > 0 else b""
        require(tree.startswith(f"Tree={number}\n".encode()), f"LightGBM: tree {number} is not where it should be")
        _check_tree(_Block(tree.decode(), f"LightGBM: tree {number}"), features)
        position += size
    require(data[position:].startswith(_END.encode()), "LightGBM: more trees than it says")


def _check_tree(tree: _Block, features: int) -> None:
    place = tree.place
    leaves = tree.number("num_leaves")
    inner = leaves - 1
    require(leaves > 0 and len(tree.words("leaf_value")) == leaves, f"{place}: leaves without values")
    arrays = {name: tree.numbers(name) for name in ("split_feature", "decision_type", "left_child", "right_child")}
    thresholds = tree.words("threshold")
    require({*map(len, arrays.values()), len(thresholds)} == {inner}, f"{place}: nodes that lack a part")
    require_within(arrays["split_feature"], features, f"{place}: a feature that the model does not have")
    if inner:
        left, right = (_nodes(arrays[side], leaves, place) for side in ("left_child", "right_child"))
        require_tree(left, right, inner + leaves, place)
    _check_categories(tree, arrays["decision_type"], thresholds)
    if tree.number("is_linear", 0):
        per_leaf = tree.numbers("num_features")
        require(len(per_leaf) == len(tree.words("leaf_const")) == leaves, f"{place}: leaves without an equation")
        require(all(count >= 0 for count in per_leaf), f"{place}: an equation of fewer than no features")
        used = tree.numbers("leaf_features")
        require(len(used) == len(tree.words("leaf_coeff")) == sum(per_leaf), f"{place}: equations that lack a part")
        require_within(used, features, f"{place}: a feature that the model does not have")


def _nodes(children: list[int], leaves: int, place: str) -> list[int]:
    """Children by one numbering: LightGBM writes a leaf as its complement; here it comes behind the inner nodes."""
    inner = len(children)
    require(all(-leaves <= child < inner for child in children), f"{place}: a child that is no node")
    return [child if child >= 0 else inner + ~child for child in children] + [-1] * leaves


def _check_categories(tree: _Block, decisions: list[int], thresholds: list[str]) -> None:
    place, count = tree.place, tree.number("num_cat")
    named = [text for kind, text in zip(decisions, thresholds, strict=True) if kind & _CATEGORICAL]
    require(all(text.isascii() and text.isdigit() for text in named), f"{place}: a set of categories without number")
    require_within((int(text) for text in named), count, f"{place}: a set of categories that is not there")
    if count:
        bounds = tree.numbers("cat_boundaries")
        require(len(bounds) == count + 1 and bounds[0] == 0, f"{place}: sets of categories that lack a part")
        require(all(low <= high for low, high in pairwise(bounds)), f"{place}: sets of categories out of order")
        require(bounds[-1] == len(tree.words("cat_threshold")), f"{place}: categories that lack a part")


class _Block:
    """Lines `name=value`."""

    def __init__(self, text: str, place: str) -> None:
        self.place = place
        self.values: dict[str, str] = {}
        for line in text.split("\n"):
            name, _, value = line.partition("=")
            require(name not in self.values, f"{place}: `{name}` comes twice")
            if name:
                self.values[name] = value

    def words(self, name: str) -> list[str]:
        return self.values.get(name, "").split()

    def numbers(self, name: str) -> list[int]:
        words = self.words(name)
        require(
            all(re.fullmatch(r"-?\d{1,9}", word, re.ASCII) for word in words), f"{self.place}: `{name}` is no number"
        )
        return [int(word) for word in words]

    def number(self, name: str, default: int | None = None) -> int:
        numbers = self.numbers(name) if name in self.values or default is None else [default]
        require(len(numbers) == 1, f"{self.place}: `{name}` is not one number")
        return numbers[0]

"""One entry more, or less, in a list of a YAML file; all else in the file stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from insitu.errors import ConfigurationError

ADDED = "# Added by `insitu init`."


def entries(text: str, key: str) -> list[Any]:
    """The entries of the list under `key`."""
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"it is no YAML: {error}") from error
    found = loaded.get(key) if isinstance(loaded, dict) else None
    return found if isinstance(found, list) else []


def added(text: str, key: str, entry: Mapping[str, str]) -> str:
    """The text with an entry at the end of the list under `key`.

    Raises:
        ConfigurationError: the file is written in a way that this does not know how to extend.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    value = _value(text, key)
    if value is None:
        start = text if not text or text.endswith("\n") else text + newline
        new = start + f"{ADDED}{newline}{key}:{newline}{_block(entry, '  ', newline)}"
    elif isinstance(value, yaml.SequenceNode) and value.flow_style:
        end = value.end_mark.index - 1
        body = text[value.start_mark.index + 1 : end]
        comma = ", " if value.value and not body.rstrip().endswith(",") else " " if value.value else ""
        kept = body.rstrip()
        new = text[: value.start_mark.index + 1] + kept + comma + _flow(entry) + body[len(kept) :] + text[end:]
    elif isinstance(value, yaml.SequenceNode):
        new = _with_line(text, _last(value), _block(entry, " " * value.start_mark.column, newline), newline)
    else:
        new = _with_line(text, value.end_mark.index, _block(entry, "  ", newline), newline)
    return _checked(new, key, [*entries(text, key), dict(entry)], text)


def without(text: str, key: str, entry: Mapping[str, str]) -> str:
    """The text without an entry of the list under `key`: the reverse of `added`."""
    value = _value(text, key)
    here = entries(text, key)
    if not isinstance(value, yaml.SequenceNode) or dict(entry) not in here:
        return text
    at = here.index(dict(entry))
    node = value.value[at]
    if value.flow_style:
        start, end = node.start_mark.index, node.end_mark.index
        if at > 0:
            start = value.value[at - 1].end_mark.index
        elif len(here) > 1:
            end = value.value[1].start_mark.index
        new = text[:start] + text[end:]
    else:
        start = text.rfind("\n", 0, text.rfind("-", 0, node.start_mark.index)) + 1
        end = text.find("\n", _last(node))
        if end < 0:  # the last line, without an end of its own
            start, end = max(len(text[:start].rstrip("\r\n")), 0), len(text) - 1
        new = text[:start] + text[end + 1 :]
    if len(here) == 1:
        new = re.sub(rf"^{re.escape(ADDED)}\r?\n{key}:\r?\n", "", new, flags=re.MULTILINE)
    return _checked(new, key, here[:at] + here[at + 1 :], text)


def _checked(new: str, key: str, expected: list[Any], old: str) -> str:
    """The new text, if it says what it is meant to and nothing else changed."""
    try:
        loaded, before = yaml.safe_load(new) or {}, yaml.safe_load(old) or {}
    except yaml.YAMLError:
        loaded, before = {}, {"unreadable": True}
    others = {name: value for name, value in before.items() if name != key} if isinstance(before, dict) else None
    same = isinstance(loaded, dict) and {name: value for name, value in loaded.items() if name != key} == others
    if not same or (loaded.get(key) or []) != expected:
        raise ConfigurationError(
            f"the list `{key}` is written in a way that is not understood. Change it by hand: it should be {expected}"
        )
    return new


def _value(text: str, key: str) -> yaml.Node | None:
    """The node under a key of the top level; None where there is none."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return None
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError("it holds no mapping; expected `key: value` lines")
    return next((value for name, value in root.value if name.value == key), None)


def _last(node: yaml.Node) -> int:
    """Where the text of a node ends: that of its last leaf, without what follows as comment or empty lines."""
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _last(last[1] if isinstance(last, tuple) else last)


def _with_line(text: str, after: int, line: str, newline: str) -> str:
    """The text with a line below the one that holds a position."""
    end = text.find("\n", after)
    return text[: end + 1] + line + text[end + 1 :] if end >= 0 else text + newline + line.removesuffix(newline)


def _block(entry: Mapping[str, str], indent: str, newline: str) -> str:
    lines = [f"{name}: {value}" for name, value in entry.items()]
    return f"{indent}- " + f"{newline}{indent}  ".join(lines) + newline


def _flow(entry: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in entry.items()) + "}"

"""HTML that cannot be injected into: text is escaped unless it is `Html` already."""

from html import escape

VOID = {"meta"}


class Html(str):
    """Markup that this package wrote itself."""

    __slots__ = ()


def text(value: object) -> Html:
    """Escape a value of the data; `Html` passes as it is, None is empty."""
    if isinstance(value, Html):
        return value
    return Html("" if value is None else escape(str(value)))


def join(*parts: object) -> Html:
    """Concatenate parts, each escaped unless it is `Html`."""
    return Html("".join(text(part) for part in parts))


def tag(name: str, *children: object, **attributes: str | None) -> Html:
    """An element. Attributes that are None are left out; `class_` and `aria_label` mean `class` and `aria-label`."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")

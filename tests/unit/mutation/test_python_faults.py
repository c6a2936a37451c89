"""The faults that are planted in Python beside those of cosmic-ray, against those written down by hand."""

from __future__ import annotations

import pytest

from tools.mutation.python.ours import ours
from tools.mutation.python.places import Places, declarations


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("fit(rows, weights=w, seed=s)", ["fit(rows, seed=s)", "fit(rows, weights=w)", "pass"]),
        ("x = fit(weights=w)", ["x = fit()"]),
        ("x = fit(weights=w, *rest)", ["x = fit(*rest)"]),
        ("x = fit(**rest)", []),
        ("x = a and b", ["x = True and b", "x = a and True"]),
        ("x = a or b", ["x = False or b", "x = a or False"]),
        ("x = [a for a in b if a]", ["x = [a for a in b if True]"]),
        ("x = 3", ["x = 4"]),
        ("x = True, 1.5, 'é3'", []),
        ("try:\n    x = y\nexcept KeyError:\n    x = z", ["try:\n    x = y\nexcept ():\n    x = z"]),
        ('"""Of 3 things."""', []),
        ("é, x = y, fit(a, b=c)", ["é, x = y, fit(a)"]),
    ],
)
def test_faults(text: str, faults: list[str]) -> None:
    assert sorted(fault.applied(text) for fault in ours(text)) == sorted(faults)


TEXT = """
@dataclass(frozen=True)
class A:
    a: int | None = 3
    def f(self, b: dict[str, int | None] = 4) -> int | None: ...
"""


def test_what_only_declares_is_left_alone() -> None:
    shown = [TEXT[start:end] for start, end in declarations(TEXT, Places(TEXT))]
    assert sorted(shown) == sorted(["dataclass(frozen=True)", "int | None", "dict[str, int | None]", "int | None"])

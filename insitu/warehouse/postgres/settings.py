"""Configuration parameters, as a profile has them."""

from typing import Any


def setting_text(value: Any) -> str:
    """A value of YAML as a configuration parameter takes it; YAML reads `off` as false."""
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)

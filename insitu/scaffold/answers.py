"""What `insitu new` was told, and how that is kept in the use case's YAML."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields
from typing import Any

# The option of each field that is not called like it.
OPTIONS = {"source": "--from", "matured_at": "--matured-at", "retrain_every": "--retrain-every"}


@dataclass(frozen=True)
class Answers:
    """What `insitu new` was told.

    Attributes:
        use_case: its name.
        entity: key columns of what is predicted for.
        label: column that is predicted.
        task: binary, multiclass or regression.
        source: a model (`orders`) or source table (`shop.orders`) that has a row for each prediction, with the columns
            of the entity, the label, `time` and `matured_at`; None where the queries are still to be written.
        time: column with the moment of the prediction.
        matured_at: column with the moment when the label became known.
        retrain_every, test, gap, validation, every: see docs/training.md.
        backtest: whether to write the opt-in backtest too.
        folder: where the files go, from the project's folder; `use_cases/<use_case>` in its first model path if None.
    """

    use_case: str
    entity: list[str]
    label: str
    task: str = "binary"
    source: str | None = None
    time: str | None = None
    matured_at: str | None = None
    retrain_every: str = "month"
    test: str = "30 days"
    gap: str = "7 days"
    validation: str = "30 days"
    every: str = "1 day"
    backtest: bool = False
    folder: str | None = None

    def command(self) -> str:
        """The command that gives these answers; the folder is left out, files may be moved."""
        words = ["insitu", "new", self.use_case]
        for field in fields(self)[1:-1]:
            value = getattr(self, field.name)
            if value != field.default:
                given = [] if value is True else [",".join(value) if isinstance(value, list) else str(value)]
                words += [OPTIONS.get(field.name, f"--{field.name}"), *given]
        return shlex.join(words)

    @classmethod
    def from_command(cls, text: str) -> Answers:
        """The answers of a command as `command` writes it.

        Raises:
            ValueError: the text is another.
        """
        words = shlex.split(text)
        if words[:2] != ["insitu", "new"] or len(words) < 3:
            raise ValueError(text)
        names = {OPTIONS.get(field.name, f"--{field.name}"): field.name for field in fields(cls)[1:-1]}
        found: dict[str, Any] = {"use_case": words.pop(2)}
        rest = iter(words[2:])
        for word in rest:
            name = names.get(word)
            if name is None:
                raise ValueError(text)
            value: Any = True if name == "backtest" else next(rest, None)
            found[name] = str(value).split(",") if name == "entity" else value
        try:
            return cls(**found)
        except TypeError as error:
            raise ValueError(text) from error

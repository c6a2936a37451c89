"""Which names a use case and its columns may have."""

from __future__ import annotations

import re

from insitu.errors import ConfigurationError

# The longest name that the library derives from a use case's, and the most bytes that PostgreSQL keeps of a name.
LONGEST_SUFFIX, MOST_BYTES = "__heldout_predictions", 63

# Columns that the loop itself writes beside those of the use case.
RESERVED = frozenset(
    {
        *("as_of", "matured_at", "split", "snapshot_id", "training_as_of"),
        *("scoring_set_id", "batch_id", "batch_as_of", "model_version", "class", "score", "predicted_at"),
        *("threshold", "is_treated", "action", "expected_profit"),
        *("realised_profit", "profit_treat_all", "profit_treat_none"),
    }
)


def check_use_case(name: str) -> None:
    """Raise ConfigurationError if a use case cannot be called so."""
    _check_plain("use case", name)
    if len(name) > MOST_BYTES - len(LONGEST_SUFFIX):
        raise ConfigurationError(
            f"The use case `{name}` has {len(name)} letters; `{name}{LONGEST_SUFFIX}` would be longer than the "
            f"{MOST_BYTES} that PostgreSQL keeps of a name. Use at most {MOST_BYTES - len(LONGEST_SUFFIX)} letters."
        )


def check_columns(entity: list[str], label: str) -> None:
    """Raise ConfigurationError if the key or the label cannot be columns of the loop."""
    for what, column in [*(("entity", column) for column in entity), ("label", label)]:
        _check_plain(what, column)
        if column in RESERVED:
            raise ConfigurationError(
                f"The {what} cannot be called `{column}`: the loop writes a column of that name. Choose another; "
                f"reserved are {', '.join(sorted(RESERVED))}."
            )
    if label in entity:
        raise ConfigurationError(f"`{label}` is given as the label and as the entity. The label is what is predicted.")
    if twice := sorted({column for column in entity if entity.count(column) > 1}):
        raise ConfigurationError(f"The entity names `{twice[0]}` twice. Name each key column once.")


def _check_plain(what: str, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or "__" in name:
        raise ConfigurationError(
            f"The {what} `{name}` is not a name: use lower-case letters, digits and single underscores."
        )

"""Which names a use case and its columns may have."""

from __future__ import annotations

import re

from insitu.errors import ConfigurationError

# The longest name that the library derives from a use case's, and the most bytes that PostgreSQL keeps of a name.
LONGEST_SUFFIX, MOST_BYTES = "__heldout_predictions", 63

# Columns that the loop itself writes beside those of the use case; the macro `reserved_columns` has the same.
RESERVED = frozenset(
    {
        *("as_of", "label", "matured_at", "split", "snapshot_id", "training_as_of", "defined_by"),
        *("scoring_set_id", "batch_id", "batch_as_of", "model_version", "class", "score", "predicted_at"),
        *("decided_from", "threshold", "is_treated", "is_in_charge", "action", "expected_profit"),
        *("reason", "policy_version", "propensity", "is_explored"),
        *("features_hash", "hashed_columns"),
        *("realised_profit", "profit_treat_all", "profit_treat_none"),
        *("class_place", "position", "predicted_class", "recency", "total", "valid_until"),
    }
)
# Words that DuckDB or PostgreSQL take for something else than a column where they are written without quotes.
_SQL = """
all analyse analyze and anti any array as asc asof asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role current_schema
current_time current_timestamp current_user default deferrable desc describe distinct do else end except false fetch
for foreign freeze from full glob grant group having ilike in initially inner intersect into is isnull join lambda
lateral leading left like limit localtime localtimestamp map natural not notnull null offset on only or order outer
overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning right select semi
session_user show similar some struct summarize symmetric system_user table tablesample then to trailing true
try_cast union unique unpivot user using variadic verbose when where window with
"""
SQL_WORDS = frozenset(_SQL.split())


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
    if not entity:
        raise ConfigurationError("No entity is given: name the key column of what is predicted for, or several.")
    for what, column in [*(("entity", column) for column in entity), ("label", label)]:
        _check_plain(what, column)
        _check_word(what, column)
        if column in RESERVED - ({"label"} if what == "label" else set()):
            raise ConfigurationError(
                f"The {what} cannot be called `{column}`: the loop writes a column of that name. Choose another; "
                f"reserved are {', '.join(sorted(RESERVED))}."
            )
    if label in entity:
        raise ConfigurationError(f"`{label}` is given as the label and as the entity. The label is what is predicted.")
    if twice := sorted({column for column in entity if entity.count(column) > 1}):
        raise ConfigurationError(f"The entity names `{twice[0]}` twice. Name each key column once.")


def check_source(source: str, time: str | None, matured_at: str | None, taken: list[str]) -> tuple[str, str]:
    """The two times of a relation that a first version is written over.

    Args:
        source: a model, or `source.table`.
        time, matured_at: its columns with the moment of the prediction, and with that when the label became known.
        taken: columns that are the entity or the label.

    Raises:
        ConfigurationError: a name cannot be used, or one column is given as two things.
    """
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?", source):
        raise ConfigurationError(
            f"`{source}` is neither the name of a model nor that of a source's table; expected one like `orders` or"
            " `shop.orders`."
        )
    if not (time and matured_at):
        raise ConfigurationError(
            f"`{source}` was given without the columns that say when: name the moment of the prediction "
            "(--time) and the moment when the label became known (--matured-at)."
        )
    given = {"--time": time, "--matured-at": matured_at}
    for option, column in given.items():
        if not re.fullmatch(r"[A-Za-z_]\w*", column):
            raise ConfigurationError(f"{option} is `{column}`, which is not the name of a column.")
        _check_word(option, column)
        if column in taken:
            raise ConfigurationError(
                f"{option} is `{column}`, which is the entity or the label; it is a column of times."
            )
    if time == matured_at:
        raise ConfigurationError(
            f"--time and --matured-at are both `{time}`. A label that is known at the moment of the prediction leaves "
            "nothing to predict."
        )
    return time, matured_at


def _check_plain(what: str, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or "__" in name or name.endswith("_"):
        raise ConfigurationError(
            f"The {what} `{name}` is not a name: use lower-case letters, digits and single underscores."
        )


def _check_word(what: str, name: str) -> None:
    if name.lower() in SQL_WORDS:
        subject = what if what.startswith("--") else f"The {what}"
        raise ConfigurationError(f"{subject} cannot be called `{name}`: that is a word of SQL. Rename it in a model.")

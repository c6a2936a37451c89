"""The files of a use case, filled in from the templates beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files

from insitu import durations
from insitu.scaffold.answers import Answers

LINEAR_FAMILY = {
    "binary": "logistic_regression",
    "multiclass": "logistic_regression",
    "regression": "linear_regression",
}
TEMPLATES = files("insitu.scaffold") / "templates"


def render(answers: Answers, layers: Iterable[str]) -> dict[str, str]:
    """The text of each file, by its name.

    Args:
        layers: those whose schema the project's variable `insitu_schemas` names; for others its own rules apply.
    """
    words = _words(answers)
    folders = ["pipeline", "from_source" if answers.source else "own", *(["backtest"] if answers.backtest else [])]
    found = {}
    for folder in folders:
        for template in sorted((TEMPLATES / folder).iterdir(), key=lambda file: file.name):
            if "USE_CASE" in template.name:
                text = _with_schemas(_filled(template.read_text(), words), set(layers))
                found[_filled(template.name, words)] = text
    return found


def render_experiments(use_case: str, key: Iterable[str]) -> dict[str, str]:
    """The text of each file of a use case's experiments, by its name."""
    words = {"USE_CASE": use_case, "KEY": ", ".join(key)}
    found = sorted((TEMPLATES / "experiments").iterdir(), key=lambda file: file.name)
    return {_filled(file.name, words): _filled(file.read_text(), words) for file in found if "USE_CASE" in file.name}


def _with_schemas(text: str, layers: set[str]) -> str:
    """Each line `schema: SCHEMA_OF_<layer>` as dbt reads it; without it where the project's own rules apply."""

    def line(match: re.Match[str]) -> str:
        return f"{match[1]}schema: \"{{{{ var('insitu_schemas')['{match[2]}'] }}}}\"\n" if match[2] in layers else ""

    return re.sub(r"^( *)schema: SCHEMA_OF_(\w+)\n", line, text, flags=re.MULTILINE)


def _words(answers: Answers) -> dict[str, str]:
    """What stands for each placeholder; a longer one is replaced before one that it contains."""
    source = answers.source or ""
    relation = f"source('{source.split('.')[0]}', '{source.split('.')[1]}')" if "." in source else f"ref('{source}')"
    aggregates = "'last'" if answers.task == "multiclass" else "['avg', 'last']"
    value = "cast(LABEL as integer)" if answers.task == "binary" else "LABEL"
    says = f"A row of {source} is there from its {answers.time} on, and its label from its {answers.matured_at} on."
    trust = f', trust: "{says}"' if source else ""
    multiclass = answers.task == "multiclass"
    return {
        "COMMAND": answers.command(),
        "BACKTEST": (TEMPLATES / "backtest/backtest.yml").read_text() if answers.backtest else "",
        "FEATURE_MODEL": (TEMPLATES / "from_source/models.yml").read_text() if source else "",
        "PREDICTED_CLASS": (TEMPLATES / "pipeline/multiclass.yml").read_text() if multiclass else "",
        "ENTITY_COLUMNS": "\n".join(
            f"      - {{name: {column}, description: What is predicted for.}}" for column in answers.entity
        ),
        # a binary label may be boolean, of which PostgreSQL makes no double precision number
        "MEASURE": f"        {{'name': 'LABEL', 'expr': '{value}', 'agg': {aggregates}}},",
        "TRUST": trust,
        "ENTITY_LINES": "\n".join(f"        {column}," for column in answers.entity),
        "SPINE_LINES": "\n".join(f"        spine.{column}," for column in answers.entity),
        "SPINE_JOIN": " and ".join(f"spine.{column} = rows.{column}" for column in answers.entity),
        "KEY_QUOTED": ", ".join(f"'{column}'" for column in [*answers.entity, "as_of"]),
        "ENTITY_QUOTED": ", ".join(f"'{column}'" for column in answers.entity),
        "ENTITY_WORDS": " and ".join(answers.entity),
        "ENTITY_FIRST": answers.entity[0],
        "ENTITY": ", ".join(answers.entity),
        "RELATION_WORDS": source,
        "RELATION": f"{{{{ {relation} }}}}",
        "MATURED_AT": answers.matured_at or "",
        "TIME": answers.time or "",
        "USE_CASE": answers.use_case,
        "LINEAR_FAMILY": LINEAR_FAMILY[answers.task],
        "LABEL": answers.label,
        "TASK": answers.task,
        "SCORE_CHECK": "\"abs(score) < 'Infinity'\"" if answers.task == "regression" else "score between 0 and 1",
        "CLASS_KEY": ", class" if multiclass else "",
        "AND_CLASS": " and class" if multiclass else "",
        "RETRAIN_EVERY": answers.retrain_every,
        "VALIDATION": answers.validation,
        "TEST": answers.test,
        "GAP": answers.gap,
        "EVERY": str(durations.parse(answers.every)),
    }


def _filled(text: str, words: dict[str, str]) -> str:
    for placeholder, value in words.items():
        text = text.replace(placeholder, value)
    return text

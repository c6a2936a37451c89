"""Checks of candidates against the list of families and the columns: can the family do what the candidate asks for?"""

from __future__ import annotations

from insitu.config import Candidate, UseCase
from insitu.errors import ConfigurationError
from insitu.training.fitting.columns import names
from insitu.training.fitting.families import FAMILIES
from insitu.training.fitting.frame import Feature
from insitu.training.fitting.search import space


def check(settings: UseCase, use_case: str) -> None:
    """Raises ConfigurationError naming the candidate, what was found and what is allowed."""
    for position, candidate in enumerate(settings.candidates):
        where = f"`{use_case}__models`: meta.ml.candidates[{position}]"
        family = FAMILIES.get(candidate.family)
        if family is None:
            raise ConfigurationError(f"{where}.family is {candidate.family!r}; allowed: {', '.join(sorted(FAMILIES))}")
        if settings.task not in family.tasks:
            fit = ", ".join(sorted(name for name, other in FAMILIES.items() if settings.task in other.tasks))
            raise ConfigurationError(f"{where}: {candidate.family} does no {settings.task} task; these do: {fit}")
        able = {
            "early_stopping": family.best_rounds is not None,
            "monotonic": family.monotonic,
            "quantiles": family.quantiles and settings.task == "regression",
            "calibration": settings.task != "regression",
            "class_weight": settings.task != "regression",
            "members": family.combines,
            "weights": family.name == "average",
            "estimator": family.name == "custom",
            "encoding": family.name == "custom",
        }
        if family.combines:
            able |= {"search": False, "feature_selection": False, "calibration": False, "class_weight": False}
        if settings.scoring.reasons and not family.reasons:
            fit = ", ".join(sorted(name for name, other in FAMILIES.items() if other.reasons))
            raise ConfigurationError(
                f"{where}: {candidate.family} gives no reasons of its scores; these do: {fit}. Take the candidate out, "
                "or meta.ml.scoring.reasons"
            )
        for option, possible in able.items():
            if getattr(candidate, option) and not possible:
                raise ConfigurationError(
                    f"{where}.{option}: {candidate.family} has no such thing for a {settings.task} task"
                )
        if candidate.search:
            found = candidate.search.space if candidate.search.space is not None else family.space(settings.task)
            if not found:
                raise ConfigurationError(f"{where}.search: {candidate.family} has no default space, set `search.space`")
            space.check(found, candidate.name)
        if family.combines:
            _check_members(settings, candidate, where)


def _check_members(settings: UseCase, candidate: Candidate, where: str) -> None:
    simple = [
        other.name
        for other in settings.candidates
        if other.family in FAMILIES and not FAMILIES[other.family].combines and not other.quantiles
    ]
    members = candidate.members or []
    for member in members:
        if member not in simple:
            raise ConfigurationError(f"{where}.members names {member!r}; allowed: {', '.join(simple)}")
    if len(set(members)) < 2:
        raise ConfigurationError(f"{where}: an ensemble needs at least two `members`; allowed: {', '.join(simple)}")
    if candidate.weights is not None and len(candidate.weights) != len(members):
        raise ConfigurationError(f"{where} has {len(candidate.weights)} weights for {len(members)} members")


def check_columns(settings: UseCase, features: list[Feature], dropped: list[str]) -> None:
    """Features that candidates name must exist. Raises ConfigurationError."""
    kinds = {feature.name: feature.kind for feature in features}
    for candidate in settings.candidates:
        for option in ("features", "exclude", "monotonic"):
            for name in getattr(candidate, option) or []:
                if name not in kinds and name not in dropped:
                    raise ConfigurationError(
                        f"candidate `{candidate.name}`: {option} names `{name}`, which is no feature; "
                        f"there are: {', '.join(list(kinds)[:12])}{', …' if len(kinds) > 12 else ''}"
                    )
                if option == "monotonic" and kinds.get(name) == "category":
                    raise ConfigurationError(f"candidate `{candidate.name}`: `{name}` is a category, it has no order")
        if not names(candidate, features):
            raise ConfigurationError(f"candidate `{candidate.name}`: no feature is left after `features` and `exclude`")

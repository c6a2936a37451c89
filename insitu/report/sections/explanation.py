"""What the champion looks at."""

import json
from typing import Any

from insitu.metrics import in_sentence
from insitu.report.blocks import Section, figure, figures, note
from insitu.report.charts.importance import dependence, importance
from insitu.report.context import Context
from insitu.report.markup import join
from insitu.report.wording import metric_name

MOST_FEATURES = 20
MOST_SHAPES = 4
IMPORTANCE = (
    "Importance: how much worse the model becomes on held-out rows when one feature is shuffled, with one standard "
    "deviation; features that say the same share it."
)
EFFECT = (
    "Effect: the mean score when the feature is set to a value in every row, all else as it is (partial dependence)."
)


def explanation(context: Context) -> Section:
    """Importance of the features and the shape of the strongest effects."""
    found = context.ask(
        "select feature_importance, partial_dependence from {use__models} where model_version = ?",
        context.champion_version,
    )
    items = [i for i in _items(found.first.get("feature_importance")) if isinstance(i.get("importance"), int | float)]
    items.sort(key=lambda item: -item["importance"])
    shapes = [i for i in _items(found.first.get("partial_dependence")) if i.get("values") and i.get("scores")]
    metric = str(items[0].get("metric", context.metric)) if items else context.metric
    main = figure(
        f"Importance of features, top {min(MOST_FEATURES, len(items))} of {len(items)}"
        if items
        else "Importance of features",
        importance(items[:MOST_FEATURES], f"Loss in {in_sentence(metric_name(metric))} when shuffled"),
        "",
        found,
        tall=True,
    )
    drawn = [figure(f"Effect of {shape['feature']}", dependence(shape), "", found) for shape in shapes[:MOST_SHAPES]]
    lead = [IMPORTANCE] + ([EFFECT] if drawn else [])
    return Section("explanation", "What the model looks at", join(note(" ".join(lead)), figures(main, *drawn)))


def _items(text: Any) -> list[dict[str, Any]]:
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return [item for item in found if isinstance(item, dict) and "feature" in item] if isinstance(found, list) else []

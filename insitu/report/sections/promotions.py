"""Who became champion, who did not, and why."""

from insitu.report.ask import Row
from insitu.report.blocks import Section, badge, breakable, nothing, source, table, when
from insitu.report.context import Context
from insitu.report.markup import Html, join, tag
from insitu.report.wording import metric_name, metric_value, number

MOST_DECISIONS = 24


def promotions(context: Context) -> Section:
    """The newest decisions with their evidence, and the overrides by people."""
    found = context.ask(
        """
        select training_as_of, model_version, decision, reason, previous_champion, metric, validation_value, test_value,
            champion_test_value, mean_difference, difference_error, calibration_error, worst_slice_loss
        from {use__promotions}
        order by training_as_of desc, decision, model_version
        """
    )
    overrides = context.ask(
        """
        select effective_from, model_version, override, reason
        from {promotion_overrides}
        where use_case = ?
        order by effective_from desc
        """,
        context.use_case,
    )
    parts: list[Html] = []
    if found:
        metric = metric_name(found.first["metric"])
        columns = ["As of", "Model", "Decision", f"{metric}, validation", "test", "Champion’s", "Difference", "Reason"]
        caption = "The difference is the mean over the days of the test, ± its standard error."
        if len(found) > MOST_DECISIONS:
            caption += f" The newest {MOST_DECISIONS} of {len(found)} decisions."
        parts += [table(columns, map(_cells, found.rows[:MOST_DECISIONS]), caption, range(3, 7)), source(found)]
    else:
        parts.append(nothing(found, otherwise="No decision yet."))
    if overrides:
        rows = [
            (when(o["effective_from"]), breakable(o["model_version"]), o["override"], o["reason"]) for o in overrides
        ]
        parts += [tag("h4", "Overrides"), table(["From", "Model", "Override", "Reason"], rows), source(overrides)]
    return Section("promotions", "Promotion decisions", join(*parts))


def _cells(row: Row) -> tuple[object, ...]:
    difference = number(row["mean_difference"], 4)
    if row["difference_error"] is not None:
        difference += f" ± {number(row['difference_error'], 4)}"
    return (
        when(row["training_as_of"]),
        breakable(row["model_version"]),
        badge(row["decision"], "good" if row["decision"] == "promoted" else ""),
        *(metric_value(row["metric"], row[key]) for key in ("validation_value", "test_value", "champion_test_value")),
        difference,
        breakable(row["reason"]),
    )

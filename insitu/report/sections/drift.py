"""Whether what is scored still looks like what the model learned from."""

from insitu.report.ask import Answer
from insitu.report.blocks import Section, breakable, figure, figures, note, table
from insitu.report.charts.drift import drift_history, score_drift, top_drift
from insitu.report.context import Context
from insitu.report.markup import Html, join
from insitu.report.wording import metric_name, moment, percent

MOST_FEATURES = 15
MOST_BATCHES = 40


def drift(context: Context) -> Section:
    """PSI per feature in the last batch and over batches, and the drift of the score."""
    features = context.ask(
        """
        select feature, batch_as_of, max(value) as psi
        from {mon_feature_drift}
        where use_case = ? and metric = 'psi' and value is not null
        group by feature, batch_as_of
        order by batch_as_of desc, psi desc, feature
        """,
        context.use_case,
    )
    last = features.first.get("batch_as_of")
    top = [row for row in features if row["batch_as_of"] == last][:MOST_FEATURES]
    names = [row["feature"] for row in top]
    batches = sorted({row["batch_as_of"] for row in features}, reverse=True)[:MOST_BATCHES]
    history = [row for row in features if row["feature"] in names and row["batch_as_of"] in batches]
    scores, limit = _scores(context), _limit(context)
    shown = [
        figure(
            "Features of the last batch",
            top_drift(top),
            f"The {len(top)} features that moved most, batch of {moment(last)}. Below 0.1 is calm, above 0.25 a shift."
            if top
            else "Population stability index of each feature.",
            features,
        )
    ]
    if len(batches) > 1:
        words = "The same features, batch by batch."
        shown.append(figure("Features over time", drift_history(history, names), words, features))
    words = "Scores of each batch against those on held-out rows."
    shown.append(figure("Score over time", score_drift(scores, limit.first.get("limit_value")), words, scores, limit))
    shown.append(_missing(context))
    lead = note(
        "A population stability index (PSI) compares the distribution in a batch with that of the training rows. "
        "Features of the calendar move by themselves when a batch is one day."
    )
    return Section("drift", "Drift", join(lead, figures(*shown)))


def _scores(context: Context) -> Answer:
    found = context.ask(
        """
        select batch_as_of, metric, max(value) as value
        from {mon_score_drift}
        where use_case = ? and metric <> 'missing_share'
        group by batch_as_of, metric
        order by metric desc, batch_as_of
        """,
        context.use_case,
    )
    for row in found:
        row["name"] = metric_name(row["metric"])
    return found


def _missing(context: Context) -> Html:
    found = context.ask(
        """
        select feature, value as more_missing
        from {mon_feature_drift}
        where use_case = ? and metric = 'missing_share' and value > 0
            and batch_as_of = (select max(batch_as_of) from {mon_feature_drift} where use_case = ?)
        order by value desc, feature
        limit 8
        """,
        context.use_case,
        context.use_case,
    )
    rows = [(breakable(row["feature"]), percent(row["more_missing"])) for row in found]
    shown = table(["Feature", "More missing than in training"], rows, numeric=[1]) if rows else Html()
    return figure(
        "Missing values", shown, "Share of rows without a value in the last batch, above that of training.", found
    )


def _limit(context: Context) -> Answer:
    return context.ask(
        "select max(limit_value) as limit_value from {alert_score_drift} where use_case = ?", context.use_case
    )

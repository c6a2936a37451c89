"""The last batch: how many rows were scored, how the scores lie, what was decided."""

from insitu.report.ask import Answer
from insitu.report.blocks import Section, Tile, figure, figures, nothing, source, table, tiles
from insitu.report.charts.scores import histogram
from insitu.report.context import Context
from insitu.report.markup import Html, join
from insitu.report.wording import count, moment, number, percent

EXAMPLES = 10


def decisions(context: Context) -> Section:
    """Predictions and decisions of the newest batch."""
    batch = context.ask(
        f"""
        select batch_id, batch_as_of, model_version, count(*) as n_rows, avg(score) as mean_score,
            min({context.time}) as first_as_of, max({context.time}) as last_as_of
        from {{use__predictions}}
        group by batch_id, batch_as_of, model_version
        order by batch_as_of desc, case when model_version = ? then 0 else 1 end, max(predicted_at) desc
        limit 1
        """,
        context.champion_version,
    )
    if not batch:
        return Section("decisions", "The last batch", nothing(batch, otherwise="Nothing has been scored yet."))
    batch_id = batch.first["batch_id"]
    actions = context.ask(
        """
        select action, count(*) as n_rows, avg(score) as mean_score, min(threshold) as threshold,
            sum(expected_profit) as expected_profit
        from {use__decisions}
        where batch_id = ?
        group by action
        order by count(*) desc, action
        """,
        batch_id,
    )
    threshold = actions.first.get("threshold")
    scores = _histogram(context, batch_id)
    body = join(
        _tiles(context, batch, actions),
        source(batch, actions),
        figures(
            figure(
                "Scores of the batch",
                histogram(scores, "Score", threshold),
                "Rows by score; those from the threshold up are acted upon." if threshold else "Rows by score.",
                scores,
            ),
            _actions(actions, batch.first["n_rows"]),
        ),
    )
    return Section("decisions", "The last batch", body)


def _tiles(context: Context, batch: Answer, actions: Answer) -> Html:
    row = batch.first
    items = [
        Tile("Batch of", moment(row["batch_as_of"]), f"{moment(row['first_as_of'])} to {moment(row['last_as_of'])}"),
        Tile("Rows scored", count(row["n_rows"]), f"by {row['model_version']}"),
        Tile("Mean score", percent(row["mean_score"]) if context.task == "binary" else number(row["mean_score"])),
    ]
    expected = [action["expected_profit"] for action in actions if action["expected_profit"] is not None]
    if expected:
        items.append(Tile("Expected profit", number(sum(expected), 0), "of the whole batch"))
    return tiles(items)


def _actions(actions: Answer, total: int) -> Html:
    rows = [
        (
            action["action"],
            count(action["n_rows"]),
            percent(action["n_rows"] / total),
            number(action["mean_score"]),
            number(action["expected_profit"], 0),
        )
        for action in actions
    ]
    if not rows:
        return nothing(actions, otherwise="No decisions for this batch.")
    decided = table(["Action", "Rows", "Share", "Mean score", "Expected profit"], rows, numeric=range(1, 5))
    return figure("What was decided", decided, "", actions)


def _histogram(context: Context, batch_id: str) -> Answer:
    bounds = "0.0 as low, 1.0 as high" if context.task == "binary" else "min(score) as low, max(score) as high"
    return context.ask(
        f"""
        with scores as (
            select cast(score as double precision) as score from {{use__predictions}} where batch_id = ?
        ),
        bounds as (
            select {bounds}, count(*) as n from scores
        ),
        binned as (
            select cast(bounds.low as double precision) as low,
                cast(bounds.high - bounds.low as double precision) / 20 as width,
                greatest(0, least(19, floor((score - bounds.low) / nullif(bounds.high - bounds.low, 0) * 20))) as bin
            from scores cross join bounds
        )
        select low + coalesce(bin, 0) * width as low, low + (coalesce(bin, 0) + 1) * width as high, count(*) as n
        from binned
        group by 1, 2
        order by 1
        """,
        batch_id,
    )

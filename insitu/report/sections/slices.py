"""How the champion does in each part of the rows."""

from insitu.report.ask import Answer, Row
from insitu.report.blocks import Section, figure, figures, more, nothing, table
from insitu.report.charts.slices import slices as chart
from insitu.report.context import Context
from insitu.report.heldout_metrics import overall
from insitu.report.markup import Html, join
from insitu.report.wording import count, interval, metric_name, metric_value

MOST_SLICES = 20
COLUMNS = ("expected_calibration_error", "base_rate", "mean_score", "profit_uplift", "mae", "bias")


def slices(context: Context) -> Section:
    """The judging metric by slice, with intervals, and a table of the others."""
    version = (context.versions or [""])[0]
    found = context.ask(
        """
        select slice_column, slice_value, metric, value, ci_low, ci_high, n_rows
        from {use__metrics}
        where model_version = ? and snapshot_id = ? and split = ? and slice_column <> 'all'
        order by slice_column, n_rows desc, slice_value
        """,
        version,
        context.snapshot,
        context.split,
    )
    if not found:
        return Section("slices", "By slice", nothing(found, otherwise="No slices are declared in `meta.ml.slices`."))
    whole = overall(context).value(version, context.split, context.metric)
    charts = []
    for column in dict.fromkeys(row["slice_column"] for row in found):
        rows = [_point(row) for row in found if row["slice_column"] == column and row["metric"] == context.metric]
        rows = [row for row in rows if row["value"] is not None]
        caption = "Dots with their 95 % intervals; the dotted line is the metric over all rows."
        if len(rows) > MOST_SLICES:
            caption += f" The {MOST_SLICES} largest of {len(rows)} slices."
        picture = chart(rows[:MOST_SLICES], metric_name(context.metric), whole)
        charts.append(figure(column.replace("_", " ").capitalize(), picture, caption, found))
    return Section("slices", "By slice", join(figures(*charts), more("All slices as a table", _table(context, found))))


def _point(row: Row) -> Row:
    return {
        "slice": f"{row['slice_value']} ({count(row['n_rows'])})",
        **{k: row[k] for k in ("value", "ci_low", "ci_high")},
    }


def _table(context: Context, found: Answer) -> Html:
    cells = {(row["slice_column"], row["slice_value"], row["metric"]): row for row in found}
    present = {row["metric"] for row in found if row["value"] is not None}
    shown = [m for m in dict.fromkeys([context.metric, *COLUMNS]) if m in present]
    rows = []
    for column, value in dict.fromkeys((row["slice_column"], row["slice_value"]) for row in found):
        own = [cells.get((column, value, metric), {}) for metric in shown]
        between = interval(context.metric, own[0].get("ci_low"), own[0].get("ci_high"))
        values = [metric_value(metric, row.get("value")) for metric, row in zip(shown, own, strict=True)]
        rows.append(
            (
                f"{column} = {value}",
                count(max((r["n_rows"] for r in own if r), default=None)),
                values[0],
                between,
                *values[1:],
            )
        )
    columns = ["Slice", "Rows", metric_name(shown[0]), "95 %", *(metric_name(metric) for metric in shown[1:])]
    return table(columns, rows, numeric=range(1, len(columns)))

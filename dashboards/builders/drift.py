"""Data drift: which columns have drifted, since when, and what has changed in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboards.builders import columns, variables
from dashboards.builders.accents import settings, with_band, with_limit_at, with_main, with_reference
from dashboards.builders.colours import GOOD, MAIN, REFERENCE, WARNING, steps, words
from dashboards.builders.page import finished, page, row
from dashboards.builders.panels import TALL, bars, lines, number, states
from dashboards.builders.queries import VERSION, WINDOW, latest, rows, series
from dashboards.builders.tables import merged
from grafana_foundation_sdk.builders import barchart, stat, statetimeline, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard, DataTransformerConfig

_COLUMN: Final = 'column="$column"'
_OPT_IN: Final = "No distribution: set `distributions: true` for the model"
_NUMERIC: Final = "Only numeric columns have this"
_VERDICTS: Final = words({"0": ("As in the baseline", GOOD), "1": ("Drifted", WARNING)})


def dashboard() -> Dashboard:
    """The columns of one version, and one of them in detail."""
    question = "Which columns have drifted, since when, and what has changed in them?"
    chosen = [variables.job(), variables.model(), variables.version(), variables.window(), variables.test()]
    built = page("ml-drift", "ML data drift", question, [*chosen, variables.column()], 'model="$model"')
    for panel in (*_tiles(), _verdicts(), columns.furthest().height(TALL)):
        built.with_panel(panel)
    row(built, "Column $column", [*_column()])
    return finished(built)


def _tiles() -> Iterator[stat.Panel]:
    features = f'ml_drift_detected{{{WINDOW}, role="feature"}}'
    yield number(
        "Drifted features",
        "Features whose deciding test is above its threshold.",
        "none",
        latest(f"sum(max by (column) ({features}))"),
    ).thresholds(steps((1, WARNING)))
    yield number("Features", "Features that are tested.", "none", latest(f"count(max by (column) ({features}))"))
    for title, role in (("Predictions", "prediction"), ("Labels", "label")):
        verdict = f'max(ml_drift_detected{{{WINDOW}, role="{role}"}})'
        tile = number(title, f"Whether the {role}s have drifted.", "none", latest(verdict))
        yield tile.mappings([_VERDICTS]).no_value("Not tested")
    yield number("Rows", "Prediction rows in the window.", "short", latest(f"max(ml_window_rows{{{WINDOW}}})"))
    yield number(
        "Window ends",
        "How long ago the window ends that was evaluated last.",
        "s",
        latest(f"time() - max(ml_window_end_timestamp_seconds{{{WINDOW}}})"),
    ).decimals(0)


def _verdicts() -> statetimeline.Panel:
    query = series(f"max by (column, role) (ml_drift_detected{{{WINDOW}}})", "{{column}} ({{role}})")
    panel = states(
        "Columns over time",
        "Whether the deciding test of each column was above its threshold. Columns that drift together often have one "
        "cause; a column that comes and goes may need a larger window.",
        _VERDICTS,
        query,
    )
    return panel.height(14)


def _column() -> Iterator[barchart.Panel | timeseries.Panel]:
    yield _distribution()
    scores = lines(
        "$column: score over threshold",
        "Every test of the column: above 1 the score is beyond its threshold.",
        "none",
        series(f"max by (role, test) (ml_drift_score{_at()} / ml_drift_threshold{_at()})", "{{test}}"),
    )
    yield with_limit_at(scores.min(0).height(TALL), 1)
    yield _located()
    yield _quantiles()
    missing = lines(
        "$column: missing values",
        "Share of the rows without a value; grey: in the baseline.",
        "percentunit",
        series(f"max(ml_column_missing_ratio{{{WINDOW}, {_COLUMN}}})", "window"),
        series(f"max(ml_column_baseline_missing_ratio{{{VERSION}, {_COLUMN}}})", "baseline"),
    )
    yield with_reference(with_main(missing, "window"), "^baseline$").min(0).axis_soft_max(0.05)
    yield _probability()


def _distribution() -> barchart.Panel:
    """The bins in order: by their lower edge, which is the first number in the bin's name."""
    panel = bars(
        "$column: window against baseline",
        "Share of the rows in each bin, in the window now and in the baseline (grey).",
        "percentunit",
        *(rows(_bins(origin)) for origin in ("window", "baseline")),
    )
    arranged = {
        "excludeByName": {"Time": True, "edge": True},
        "indexByName": {"bin": 0, "Value #A": 1, "Value #B": 2},
        "renameByName": {"bin": "Bin", "Value #A": "window", "Value #B": "baseline"},
    }
    numbers = {"fields": {}, "conversions": [{"targetField": "edge", "destinationType": "number"}]}
    ordered = [
        merged(),
        DataTransformerConfig("convertFieldType", options=numbers),
        DataTransformerConfig("sortBy", options={"fields": {}, "sort": [{"field": "edge", "desc": False}]}),
        DataTransformerConfig("organize", options=arranged),
    ]
    panel.override_by_name("window", settings(color={"mode": "fixed", "fixedColor": MAIN}))
    panel.override_by_name("baseline", settings(color={"mode": "fixed", "fixedColor": REFERENCE}))
    return panel.transformations(ordered).x_field("Bin").no_value(_OPT_IN)


def _bins(origin: str) -> str:
    """Shares by bin; `edge` is the lower edge of `2 – 3` and `≥ 3`, and before all others that of `< 2`."""
    shares = f'max by (bin) (ml_column_distribution_ratio{{{WINDOW}, {_COLUMN}, origin="{origin}"}})'
    edged = f'label_replace({shares}, "edge", "$1", "bin", "(?:≥ )?(-?[0-9.]+(?:e[-+]?[0-9]+)?)(?: – .+)?")'
    return f'label_replace({edged}, "edge", "-1e300", "bin", "< .+")'


def _located() -> timeseries.Panel:
    of, base = f"{{{WINDOW}, {_COLUMN}}}", f"{{{VERSION}, {_COLUMN}}}"
    mean, spread = f"max(ml_column_mean{of})", f"max(ml_column_stddev{of})"
    panel = lines(
        "$column: mean and deviation",
        "Mean of the values, and one standard deviation around it; grey: the baseline's.",
        "short",
        series(mean, "mean"),
        series(f"{mean} - {spread}", "mean - sd"),
        series(f"{mean} + {spread}", "mean + sd"),
        series(f"max(ml_column_baseline_mean{base})", "baseline"),
        series(f"max(ml_column_baseline_mean{base}) - max(ml_column_baseline_stddev{base})", "baseline - sd"),
        series(f"max(ml_column_baseline_mean{base}) + max(ml_column_baseline_stddev{base})", "baseline + sd"),
    )
    with_band(with_main(panel, "mean"), "mean - sd", "mean + sd")
    return with_reference(panel, "^baseline").no_value(_NUMERIC)


def _quantiles() -> timeseries.Panel:
    panel = lines(
        "$column: quantiles",
        "Quantiles of the values; grey: the baseline's.",
        "short",
        series(f"max by (quantile) (ml_column_quantile{{{WINDOW}, {_COLUMN}}})", "{{quantile}}"),
        series(f"max by (quantile) (ml_column_baseline_quantile{{{VERSION}, {_COLUMN}}})", "baseline {{quantile}}"),
    )
    return with_reference(panel, "^baseline").no_value(_NUMERIC)


def _probability() -> timeseries.Panel:
    panel = lines(
        "$column: p-value",
        "Probability of a score at least this large without drift, where the test has one. It shrinks with every row: "
        "the verdict is the threshold's, which is an effect size too.",
        "none",
        series(f"max by (role, test) (ml_drift_p_value{_at()})", "{{test}}"),
    )
    return panel.min(0).max(1).no_value("The tests of this column have none")


def _at() -> str:
    return f'{{{WINDOW}, {_COLUMN}, role="feature"}}'

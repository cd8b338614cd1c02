"""Queries of the model servers' calls: how many, how many fail, how long they take."""

from __future__ import annotations

from typing import Final

from dashboards.builders.queries import SERVERS

RATE: Final = "[$__rate_interval]"
VERSION: Final = f'{SERVERS}, version="$version"'
RECORDED: Final = 'job=~"$servers", model="$model", version="$version"'
TARGET: Final = '{model="$model"}'


def calls(scope: str = VERSION, by: str = "") -> str:
    """Calls a second; `by` is how they are added up."""
    return f"sum{by} (rate(ml_predictions_total{{{scope}}}{RATE}))"


def error_ratio(scope: str = VERSION, by: str = "") -> str:
    """0 where nothing has failed: the counter of an exception begins with the first one."""
    made = calls(scope, by)
    return f"(sum{by} (rate(ml_prediction_errors_total{{{scope}}}{RATE})) or 0 * {made}) / {made}"


def quantile(share: float, by: str = "le") -> str:
    """The time within which this share of the version's calls ends."""
    rates = f"sum by ({by}) (rate(ml_prediction_latency_seconds_bucket{{{VERSION}}}{RATE}))"
    return f"histogram_quantile({share}, {rates})"


def burned(subject: str, over: str) -> str:
    """How many times faster than allowed the error budget is used up, over a time."""
    family, target = {
        "errors": ("ml_prediction_errors", "model:prediction_error_ratio:target"),
        "slow": ("ml_predictions_slow", "model:prediction_slow_ratio:target"),
    }[subject]
    return f"max(model_version:{family}:ratio_rate{over}{{{RECORDED}}}) / max({target}{TARGET})"

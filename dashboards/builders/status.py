"""A model in a word, as on the exporter's status page: the gravest that is to be said of it."""

from __future__ import annotations

from typing import Final

from dashboards.builders.colours import BAD, GOOD, NEUTRAL, WARNING, words

_KEY: Final = "model, version"
_ANSWERS: Final = ("confidence_mean", "low_confidence_ratio", "dominant_class_ratio")

LIGHTS: Final = words({
    "3": ("Failing", BAD),
    "2": ("Out of bounds", BAD),
    "1": ("Drifted", WARNING),
    "0": ("OK", GOOD),
    "-1": ("Waiting", NEUTRAL),
})  # fmt: skip


def status(scope: str) -> str:
    """3 failing, 2 out of bounds, 1 drifted, 0 well, -1 waiting for rows: of each version in the scope, in $window.

    `scope` selects the versions. The first of the five that a version has is its status.
    """
    window = f'{scope}, window="$window"'
    return (
        f"3 + 0 * {failing(scope)}\n"
        f"or 2 + 0 * max by ({_KEY}) ({broken_bounds(scope)})\n"
        f"or 1 + 0 * max by ({_KEY}) (ml_drift_detected{{{window}}} == 1"
        f" or ml_dataset_drift_score{{{window}}} > ml_dataset_drift_threshold{{{window}}})\n"
        f"or 0 * max by ({_KEY}) (ml_window_rows{{{window}}} > 0)\n"
        f"or -1 + 0 * max by ({_KEY}) (ml_model_info{{{scope}}})"
    )


def failing(scope: str) -> str:
    """Versions whose model's last evaluation failed."""
    models = scope.split(', version="', maxsplit=1)[0]
    return (
        f"(max by ({_KEY}) (ml_model_info{{{scope}}}) and on (model)"
        f" (min by (model) (ml_exporter_evaluation_success{{{models}}}) == 0))"
    )


def broken_bounds(scope: str) -> str:
    """Metrics that are beyond their bound with their whole 95% interval, or, where they have none, themselves."""
    return f"({_beyond(scope, 'upper', '<', 'min')}) or ({_beyond(scope, 'lower', '>', 'max')})"


def margins(scope: str, at: str = "") -> str:
    """How far each metric is from its bound: below 0 it is beyond; in the metric's own unit.

    `at` follows each selector.
    """
    values = _values(scope, "ml_performance", at=at)
    return (
        f"({values}) - on ({_KEY}, metric) {_bound(scope, 'min', at)}\n"
        f"or {_bound(scope, 'max', at)} - on ({_KEY}, metric) ({values})"
    )


def _beyond(scope: str, side: str, sign: str, bound: str) -> str:
    values = _values(scope, f"ml_performance_{side}", "ml_performance")
    return f"({values}) {sign} on ({_KEY}, metric) {_bound(scope, bound)}"


def _values(scope: str, *families: str, at: str = "") -> str:
    window = f'{scope}, window="$window"'
    measured = [f"max by ({_KEY}, metric) ({family}{{{window}}}{at})" for family in families]
    answers = [
        f'label_replace(max by ({_KEY}) (ml_{name}{{{window}}}{at}), "metric", "{name}", "", "")' for name in _ANSWERS
    ]
    return " or ".join([*measured, *answers])


def _bound(scope: str, bound: str, at: str = "") -> str:
    return f'max by ({_KEY}, metric) (ml_performance_threshold{{{scope}, bound="{bound}"}}{at})'

"""The population stability index that Prometheus computes is that of NumPy, and its threshold keeps its promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from scipy import special, stats

RULES = Path(__file__).parents[2] / "prometheus" / "rules" / "online_drift.yml"
LABELS = 'job="model-servers",model="churn",version="3",column="{column}"'
Z: Final = 4.265
FLOOR: Final = 0.2
HOURS: Final = 25  # after which the shares change, for an hour and a half

Floats = NDArray[np.float64]

# Rows a minute in each bin on two replicas, before and after the change, and the baseline's shares.
Rates: TypeAlias = list[list[float]]
CASES: dict[str, tuple[Rates, Rates, list[float]]] = {
    "shifted": ([[3, 5, 2, 4], [1, 2, 2, 3]], [[9, 5, 1, 1], [6, 2, 1, 0]], [0.25, 0.25, 0.25, 0.25]),
    "empty_in_window": ([[7, 1, 0, 2], [5, 2, 0, 2]], [[7, 1, 0, 2], [5, 2, 0, 2]], [0.6, 0.2, 0.1, 0.1]),
    "empty_in_baseline": ([[4, 4, 2], [3, 5, 1]], [[4, 4, 2], [3, 5, 1]], [0.5, 0.5, 0.0]),
    "empty_in_both": ([[4, 0, 2, 0], [3, 0, 1, 0]], [[1, 0, 8, 0], [2, 0, 7, 0]], [0.6, 0.0, 0.4, 0.0]),
    "few": ([[0.125, 0.25, 0.125], [0.125, 0, 0]], [[0.125, 0.25, 0.125], [0.125, 0, 0]], [0.4, 0.4, 0.2]),
    "unchanged": ([[2, 3, 5], [2, 3, 5]], [[2, 3, 5], [2, 3, 5]], [0.2, 0.3, 0.5]),
}


def psi(window: Floats, shares: Floats) -> float:
    """The index of counts against shares, with half a row where one side only has none (docs/statistics.md)."""
    baseline = shares * window.sum()
    either = (window > 0) | (baseline > 0)
    p, q = (np.where(side > 0, side, 0.5)[either] for side in (window, baseline))
    p, q = p / p.sum(), q / q.sum()
    return float(np.sum((p - q) * np.log(p / q)))


def threshold(window: Floats, shares: Floats) -> float:
    """The larger of the floor and the quantile of chi-squared, here SciPy's own."""
    freedom = int(((window > 0) | (shares > 0)).sum()) - 1
    return max(FLOOR, float(2 / window.sum() * stats.chi2.isf(special.ndtr(-Z), freedom)))


def rows(case: str, window: str) -> Floats:
    """Rows in each bin over the last hour, or over the 24 whole hours before it and a half."""
    before, after = (np.sum(np.asarray(rates, np.float64), axis=0) for rates in CASES[case][:2])
    counts: Floats = 60 * after if window == "1h" else 60 * (23 * before + after)
    return counts


def series() -> list[dict[str, Any]]:
    """What two replicas expose, sampled every five minutes, and the baseline's shares from each."""
    found = []
    for case, (before, after, shares) in CASES.items():
        for replica, (first, then) in enumerate(zip(before, after, strict=True)):
            labels = LABELS.format(column=case) + f',instance="serve-{replica}:8080"'
            for i, (a, b) in enumerate(zip(first, then, strict=True)):
                values = f"0+{5 * a}x{12 * HOURS} {60 * HOURS * a + 5 * b}+{5 * b}x20"
                found.append({"series": f'ml_feature_bin_total{{{labels},bin="{i}"}}', "values": values})
            for i, share in enumerate(shares):
                name = f'ml_feature_bin_baseline_ratio{{{labels},bin="{i}"}}'
                found.append({"series": name, "values": f"{share}x{12 * HOURS + 20}"})
    return found


def agrees(name: str, case: str, window: str, expected: float, tolerance: float) -> dict[str, Any]:
    """A promtool test that a recorded series is as expected; its own comparison knows no tolerance."""
    labels = LABELS.format(column=case) + f',window="{window}"'
    text = f"abs({name}{{{labels}}} - {expected!r}) <= bool {tolerance}"
    return {"expr": text, "eval_time": "26h30m", "exp_samples": [{"labels": f"{{{labels}}}", "value": 1}]}


def test_score_and_threshold_are_those_of_numpy(tmp_path: Path, run_promtool: Callable[..., str]) -> None:
    """Over an hour and a day, over replicas, with bins that are empty on one side or both, numbers agree."""
    checks = []
    for case, (_, _, shares) in CASES.items():
        for window in ("1h", "24h"):
            counts = rows(case, window)
            score, bound = psi(counts, np.array(shares)), threshold(counts, np.array(shares))
            checks.append(agrees("model_version_column:ml_feature_psi:score", case, window, score, 1e-9))
            checks.append(agrees("model_version_column:ml_feature_psi:threshold", case, window, bound, 0.08 * bound))
    test = {"interval": "5m", "input_series": series(), "promql_expr_test": checks}
    path = tmp_path / "psi.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "5m", "tests": [test]}))

    run_promtool("test", "rules", path)


@pytest.mark.parametrize("freedom", (1, 2, 5, 9, 19))
def test_the_approximate_quantile_errs_on_the_quiet_side(freedom: int) -> None:
    """Wilson and Hilferty's approximation, which PromQL can compute, is up to 12% above chi-squared's own quantile."""
    ninth = 2 / (9 * freedom)
    approximate = freedom * (1 - ninth + Z * np.sqrt(ninth)) ** 3

    assert 1 <= approximate / stats.chi2.isf(special.ndtr(-Z), freedom) <= 1.12


@pytest.mark.parametrize("shares", ((0.1,) * 10, (0.5, 0.3, 0.15, 0.05), (0.9, 0.05, 0.03, 0.015, 0.005)))
@pytest.mark.parametrize("size", (30, 100, 400, 2_000))
def test_windows_without_drift_raise_no_alarm(shares: Sequence[float], size: int) -> None:
    """Of 20,000 windows from the baseline's own distribution, at most two are above their threshold."""
    rng = np.random.default_rng(size)
    # Every bin has a share, so that half a row in what is empty, and nothing else, is to be filled in.
    windows = np.maximum(rng.multinomial(size, shares, 20_000), 0.5)
    p, q = windows / windows.sum(axis=1, keepdims=True), np.asarray(shares)
    scores = np.sum((p - q) * np.log(p / q), axis=1)

    assert np.sum(scores > threshold(q * size, q)) <= 2

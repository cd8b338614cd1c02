"""Keys that are right on their own and wrong together.

The rules look at the plain data and not at Settings, so that they are checked even where other keys are wrong and
every mistake of a file is reported at once. What has another type than it should is not theirs to report. None shows a
value, which a `${VARIABLE}` may have brought.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeAlias

from mlflow_exporter.config.data import LOG_COLUMNS
from mlflow_exporter.config.mistakes import Mistake, Place, spell
from mlflow_exporter.config.names import CLASSIFICATION_METRICS, METRIC_RANGES, REGRESSION_METRICS
from mlflow_exporter.config.settings import TRACKING_URI_VARIABLE
from mlflow_exporter.config.suggestions import did_you_mean
from mlflow_exporter.domain import parse_duration

Rule: TypeAlias = Callable[[Any], Iterator[Mistake]]

_METRICS = {"classification": CLASSIFICATION_METRICS, "regression": REGRESSION_METRICS}
_DISTINCT_LISTS = (
    ("features", "exclude"),
    ("features", "categorical"),
    ("segments",),
    ("drift", "tests", "numeric"),
    ("drift", "tests", "categorical"),
    ("drift", "dataset"),
)


def contradictions(data: Any) -> Iterator[Mistake]:
    """Every contradiction in the data of a file."""
    for rule in _FILE_RULES:
        yield from rule(data)
    for position, model in enumerate(_list(data, "models")):
        for rule in _MODEL_RULES:
            for found in rule(model):
                yield Mistake(("models", position, *found.place), found.what, found.mend)


def _at(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _list(data: Any, *keys: str) -> list[Any]:
    found = _at(data, *keys)
    return found if isinstance(found, list) else []


def _keys(data: Any, *keys: str) -> dict[str, Any]:
    found = _at(data, *keys)
    return found if isinstance(found, dict) else {}


def _no_tracking_server(data: Any) -> Iterator[Mistake]:
    if "tracking_uri" not in _keys(data, "mlflow") and not os.environ.get(TRACKING_URI_VARIABLE):
        mend = f"give it here or in the environment variable {TRACKING_URI_VARIABLE}"
        yield Mistake(("mlflow", "tracking_uri"), "missing required key", mend)


def _two_state_urls(data: Any) -> Iterator[Mistake]:
    if {"url", "url_file"} <= _keys(data, "state").keys():
        yield Mistake(("state", "url"), "contradicts state.url_file", "keep one of them")


def _two_models_of_one_name(data: Any) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for position, model in enumerate(_list(data, "models")):
        name = _at(model, "name")
        if isinstance(name, str) and first.setdefault(name, position) != position:
            what = f"models[{first[name]}] has this name already"
            yield Mistake(("models", position, "name"), what, "monitor each model once")


def _two_actions_of_one_name(data: Any) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for position, action in enumerate(_list(data, "alerting", "actions")):
        name = _at(action, "name")
        if isinstance(name, str) and first.setdefault(name, position) != position:
            what = f"alerting.actions[{first[name]}] has this name already"
            yield Mistake(("alerting", "actions", position, "name"), what, "name each action in its own way")


def _actions_need_a_token(data: Any) -> Iterator[Mistake]:
    if _list(data, "alerting", "actions") and not _at(data, "alerting", "token_file"):
        mend = "actions follow only what a sender with a token has sent"
        yield Mistake(("alerting", "token_file"), "missing required key where there are actions", mend)


def _snapshot_has_no_windows(model: Any) -> Iterator[Mistake]:
    if _at(model, "predictions", "mode") == "snapshot":
        for key in ("windows", "clock"):
            if key in model:
                yield Mistake(
                    (key,), "contradicts predictions.mode: snapshot, where the files are the window", "remove it"
                )


def _labels_of_a_log_are_a_log(model: Any) -> Iterator[Mistake]:
    is_append = _keys(model, "predictions").get("mode", "append") == "append"
    if is_append and _at(model, "labels", "mode") == "snapshot":
        what = "contradicts predictions.mode: append, where every label would be read anew at each evaluation"
        yield Mistake(("labels", "mode"), what, "remove it, and append labels as they become known")


def _append_needs_time(model: Any) -> Iterator[Mistake]:
    columns = _at(model, "predictions", "columns")
    is_append = _keys(model, "predictions").get("mode", "append") == "append"
    if is_append and isinstance(columns, dict) and "timestamp" not in columns and not _has_log(model):
        place = ("predictions", "columns", "timestamp")
        yield Mistake(place, "missing required key in append mode", "name the column with the time of the prediction")


def _labels_come_one_way(model: Any) -> Iterator[Mistake]:
    if _keys(model, "labels") and _at(model, "predictions", "columns", "label"):
        place = ("predictions", "columns", "label")
        yield Mistake(place, "contradicts labels, where they come later", "keep one of them")


def _labels_need_an_id(model: Any) -> Iterator[Mistake]:
    columns = _at(model, "predictions", "columns")
    if _keys(model, "labels") and isinstance(columns, dict) and "id" not in columns and not _has_log(model):
        place = ("predictions", "columns", "id")
        yield Mistake(place, "missing required key", "labels are joined to predictions by it")


def _has_log(model: Any) -> bool:
    """Whether the predictions are in the log of an instrument, which has columns of its own."""
    return bool(_at(model, "predictions", "source") == "log")


def _log_is_as_it_is(model: Any) -> Iterator[Mistake]:
    if not _has_log(model):
        return
    if _at(model, "predictions", "mode") == "snapshot":
        yield Mistake(("predictions", "mode"), "contradicts predictions.source: log, which grows", "remove it")
    for role, column in LOG_COLUMNS.items():
        if role in _keys(model, "predictions", "columns"):
            what = f"contradicts predictions.source: log, where it is always {column!r}"
            yield Mistake(("predictions", "columns", role), what, "remove it")


def _one_role_a_column(model: Any) -> Iterator[Mistake]:
    for section in (("predictions",), ("labels",), ("baseline", "data")):
        place = (*section, "columns")
        roles = _keys(model, *place)
        named = [((*place, role), column) for role, column in roles.items() if role != "probabilities"]
        named += [((*place, "probabilities", name), column) for name, column in _keys(roles, "probabilities").items()]
        yield from _named_twice(named)


def _named_twice(named: list[tuple[Place, Any]]) -> Iterator[Mistake]:
    first: dict[str, Place] = {}
    for place, column in named:
        if isinstance(column, str) and first.setdefault(column, place) != place:
            yield Mistake(place, f"is the same column as {spell(first[column])}", "name another one")


def _excluded_yet_used(model: Any) -> Iterator[Mistake]:
    excluded = _list(model, "features", "exclude")
    lists = (("features", "categorical"), ("segments",))
    uses: list[Place] = [(*keys, i) for keys in lists for i, item in enumerate(_list(model, *keys)) if item in excluded]
    uses += [("drift", "columns", column) for column in _keys(model, "drift", "columns") if column in excluded]
    for place in uses:
        yield Mistake(place, "is in features.exclude, too", "remove it from one of them")


def _listed_twice(model: Any) -> Iterator[Mistake]:
    tests = [("drift", "columns", column, "tests") for column in _keys(model, "drift", "columns")]
    for keys in (*_DISTINCT_LISTS, *tests):
        items = _list(model, *keys)
        for position, item in enumerate(items):
            if item in items[:position]:
                yield Mistake((*keys, position), "is listed twice", "keep one")


def _windows_of_one_length(model: Any) -> Iterator[Mistake]:
    first: dict[float, int] = {}
    for position, window in enumerate(_list(model, "windows")):
        with suppress(TypeError, ValueError, OverflowError):  # no duration, which is told of it by itself
            same = first.setdefault(parse_duration(window), position)
            if same != position:
                yield Mistake(("windows", position), f"is as long as windows[{same}]", "keep one of them")


def _bounds_out_of_range(model: Any) -> Iterator[Mistake]:
    for metric, bounds in _keys(model, "performance", "thresholds").items():
        least, most = METRIC_RANGES.get(metric, (-math.inf, math.inf))
        for key, low, high in (("min", least, most), ("max", least, most), ("max_drop", -math.inf, most - least)):
            bound, place = _at(bounds, key), ("performance", "thresholds", metric, key)
            if isinstance(bound, int | float) and bound > high:
                yield Mistake(place, f"expected a number of at most {high:g}")
            if isinstance(bound, int | float) and bound < low:
                yield Mistake(place, f"expected a number of at least {low:g}")


def _bounds_that_nothing_meets(model: Any) -> Iterator[Mistake]:
    for metric, bounds in _keys(model, "performance", "thresholds").items():
        least, most = _at(bounds, "min"), _at(bounds, "max")
        place = ("performance", "thresholds", metric)
        if bounds == {} or bounds is None:
            yield Mistake(place, "no bound is given", "give min, max or max_drop")
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            yield Mistake((*place, "min"), f"{least} is above max, {most}", "exchange them")


def _other_task(model: Any) -> Iterator[Mistake]:
    task = _at(model, "task")
    if task not in ("classification", "regression"):
        return
    other = "regression" if task == "classification" else "classification"
    for metric in _keys(model, "performance", "thresholds"):
        if metric in _METRICS[other]:
            yield Mistake(("performance", "thresholds", metric), f"is a metric of {other}, and the task is {task}")


def _classes_of_a_regressor(model: Any) -> Iterator[Mistake]:
    if _at(model, "task") == "regression":
        for place in (("predictions", "columns", "probabilities"), ("performance", "positive"), ("confidence",)):
            if _at(model, *place) is not None:
                yield Mistake(place, "is for classification, and the task is regression", "remove it")


def _positive_is_a_class(model: Any) -> Iterator[Mistake]:
    positive = _at(model, "performance", "positive")
    classes = _keys(model, "predictions", "columns", "probabilities")
    if positive is not None and classes and str(positive) not in classes:
        what = "is no class of predictions.columns.probabilities"
        yield Mistake(("performance", "positive"), what, did_you_mean("", classes))


_FILE_RULES: tuple[Rule, ...] = (
    _no_tracking_server,
    _two_state_urls,
    _two_models_of_one_name,
    _two_actions_of_one_name,
    _actions_need_a_token,
)
_MODEL_RULES: tuple[Rule, ...] = (
    _snapshot_has_no_windows,
    _append_needs_time,
    _labels_of_a_log_are_a_log,
    _labels_come_one_way,
    _labels_need_an_id,
    _log_is_as_it_is,
    _one_role_a_column,
    _excluded_yet_used,
    _listed_twice,
    _windows_of_one_length,
    _bounds_out_of_range,
    _bounds_that_nothing_meets,
    _other_task,
    _classes_of_a_regressor,
    _positive_is_a_class,
)

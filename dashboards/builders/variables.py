"""What a page's reader chooses. A variable means the same on every page, since links keep them."""

from __future__ import annotations

from typing import Final

from dashboards.builders.queries import DATASOURCE, JOB, MODEL, VERSION, WINDOW
from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort

_ALL: Final = VariableOption(text="All", value="$__all", selected=True)
_DECIDING: Final = ["ks", "jensen_shannon"]


def datasource() -> dashboard.DatasourceVariable:
    """The Prometheus that is asked."""
    return dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")


def job() -> dashboard.QueryVariable:
    """The exporters."""
    return _several("job", "Job", "label_values(ml_exporter_build_info, job)")


def exporter_instance() -> dashboard.QueryVariable:
    """The replicas or shards of the exporters."""
    return _several("instance", "Instance", f"label_values(ml_exporter_build_info{{{JOB}}}, instance)")


def servers() -> dashboard.QueryVariable:
    """The model servers' jobs."""
    return _several("servers", "Servers", "label_values(ml_predictions_total, job)")


def server_instance() -> dashboard.QueryVariable:
    """The replicas of the model's servers."""
    query = 'label_values(ml_predictions_total{job=~"$servers", model="$model"}, instance)'
    return _several("instance", "Instance", query)


def model(family: str = "ml_model_info", scope: str = JOB) -> dashboard.QueryVariable:
    """One of the models that a family has."""
    return _one("model", "Model", f"label_values({family}{{{scope}}}, model)").sort(
        VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC
    )


def version(family: str = "ml_model_info", scope: str = MODEL) -> dashboard.QueryVariable:
    """One of the model's versions, the newest first."""
    return _one("version", "Version", f"label_values({family}{{{scope}}}, version)").sort(VariableSort.NUMERICAL_DESC)


def window(scope: str = JOB) -> dashboard.QueryVariable:
    """One of the windows, the shortest first."""
    selected = f"{{{scope}}}"
    length = f"ml_window_end_timestamp_seconds{selected} - ml_window_start_timestamp_seconds{selected}"
    query = f"query_result(sort(max by (window) ({length})))"
    return _one("window", "Window", query).regex('/window="([^"]+)"/').sort(VariableSort.DISABLED)


def column() -> dashboard.QueryVariable:
    """One of the features, the furthest from its baseline first."""
    selected = f'{{{WINDOW}, role="feature", test=~"$test"}}'
    ratio = f"ml_drift_score{selected} / ml_drift_threshold{selected}"
    query = f"query_result(sort_desc(max by (column) ({ratio})))"
    return _one("column", "Column", query).regex('/column="([^"]+)"/').sort(VariableSort.DISABLED)


def test() -> dashboard.QueryVariable:
    """Drift tests; at first those that decide unless the configuration says otherwise."""
    chosen = VariableOption(text=list(_DECIDING), value=list(_DECIDING), selected=True)
    query = f"label_values(ml_drift_score{{{VERSION}}}, test)"
    return _several("test", "Drift test", query).current(chosen)


def metric() -> dashboard.QueryVariable:
    """Performance metrics."""
    return _several("metric", "Metric", f"label_values(ml_performance{{{VERSION}}}, metric)")


def _one(name: str, label: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query(query)
        .definition(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def _several(name: str, label: str, query: str) -> dashboard.QueryVariable:
    every = _one(name, label, query).multi(True).include_all(True).all_value(".+").current(_ALL)
    return every.sort(VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)

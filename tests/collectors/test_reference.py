"""The reference of metrics, against the contract that dashboards and rules are written to."""

from __future__ import annotations

import re
from pathlib import Path

from mlflow_exporter.collectors.reference import SERVING, documents

DOCS = Path(__file__).parents[2] / "docs"

VERSION = "model, version"
WINDOW = f"{VERSION}, window"
COLUMN = f"{WINDOW}, column"

# Written by hand: a name or a label that changes here breaks somebody's dashboard, rule or query.
CONTRACT = {
    "ml_model_info": f"{VERSION}, task, alias, run_id",
    "ml_window_rows": WINDOW,
    "ml_window_start_timestamp_seconds": WINDOW,
    "ml_window_end_timestamp_seconds": WINDOW,
    "ml_last_prediction_timestamp_seconds": VERSION,
    "ml_labelled_rows": WINDOW,
    "ml_label_coverage_ratio": WINDOW,
    "ml_label_delay_seconds": f"{WINDOW}, quantile",
    "ml_skipped": f"{WINDOW}, subject, reason",
    "ml_drift_score": f"{COLUMN}, role, test",
    "ml_drift_threshold": f"{COLUMN}, role, test",
    "ml_drift_p_value": f"{COLUMN}, role, test",
    "ml_drift_detected": f"{COLUMN}, role",
    "ml_drifted_columns_ratio": WINDOW,
    "ml_column_missing_ratio": COLUMN,
    "ml_column_unseen_ratio": COLUMN,
    "ml_column_out_of_range_ratio": COLUMN,
    "ml_column_invalid_ratio": COLUMN,
    "ml_column_mean": COLUMN,
    "ml_column_stddev": COLUMN,
    "ml_column_quantile": f"{COLUMN}, quantile",
    "ml_column_baseline_missing_ratio": f"{VERSION}, column",
    "ml_column_baseline_mean": f"{VERSION}, column",
    "ml_column_baseline_stddev": f"{VERSION}, column",
    "ml_column_baseline_quantile": f"{VERSION}, column, quantile",
    "ml_column_distribution_ratio": f"{COLUMN}, bin, origin",
    "ml_rows_rejected_total": "model, reason",
    "ml_duplicate_rows_ratio": WINDOW,
    "ml_performance": f"{WINDOW}, metric",
    "ml_performance_lower": f"{WINDOW}, metric",
    "ml_performance_upper": f"{WINDOW}, metric",
    "ml_performance_baseline": f"{VERSION}, metric",
    "ml_performance_threshold": f"{VERSION}, metric, bound",
    "ml_class_performance": f"{WINDOW}, class, metric",
    "ml_confusion_rows": f"{WINDOW}, actual, predicted",
    "ml_segment_rows": f"{WINDOW}, segment",
    "ml_segment_performance": f"{WINDOW}, segment, metric",
    "ml_prediction_mean": WINDOW,
    "ml_prediction_stddev": WINDOW,
    "ml_confidence_mean": WINDOW,
    "ml_low_confidence_ratio": WINDOW,
    "ml_dominant_class_ratio": WINDOW,
    "ml_predicted_class_ratio": f"{WINDOW}, class",
    "ml_window_latency_seconds": f"{WINDOW}, quantile",
    "ml_registry_models": "",
    "ml_registry_model_versions": "model",
    "ml_registry_version_info": f"{VERSION}, model_stage, run_id",
    "ml_registry_alias_info": f"{VERSION}, alias",
    "ml_registry_version_created_timestamp_seconds": VERSION,
    "ml_training_metric": f"{VERSION}, metric",
    "ml_runs": "experiment, status",
    "ml_host_cpu_usage_ratio": "",
    "ml_host_memory_usage_ratio": "",
    "ml_host_disk_usage_ratio": "path",
    "ml_host_load1": "",
    "ml_host_gpu_utilization_ratio": "gpu",
    "ml_host_gpu_memory_usage_ratio": "gpu",
    "ml_exporter_build_info": "version, python_version",
    "ml_exporter_config_last_reload_successful": "",
    "ml_exporter_config_last_reload_success_timestamp_seconds": "",
    "ml_exporter_evaluation_success": "model",
    "ml_exporter_evaluation_duration_seconds": "model, phase",
    "ml_exporter_last_success_timestamp_seconds": "model",
    "ml_exporter_rows_read_total": "model, source",
    "ml_exporter_mlflow_up": "",
    "ml_exporter_state_up": "",
    "ml_exporter_series": "",
    "ml_exporter_series_dropped": "model",
    "ml_exporter_shard": "",
    "ml_exporter_total_shards": "",
    "ml_dataset_drift_score": f"{WINDOW}, test",
    "ml_dataset_drift_threshold": f"{WINDOW}, test",
    "ml_outlier_ratio": WINDOW,
}
# Promised, too; each moves up once it is served.
PROMISED = {
    "ml_performance_estimate": f"{WINDOW}, metric, estimator",
    "ml_performance_estimate_lower": f"{WINDOW}, metric, estimator",
    "ml_performance_estimate_upper": f"{WINDOW}, metric, estimator",
    "ml_performance_estimate_error": f"{WINDOW}, metric, estimator",
    "ml_fairness": f"{WINDOW}, attribute, metric",
    "ml_group_rows": f"{WINDOW}, attribute, group",
    "ml_group_performance": f"{WINDOW}, attribute, group, metric",
    "ml_compliance_check": f"{VERSION}, check",
    "ml_compliant": VERSION,
    "ml_approvals_missing": VERSION,
    "ml_alert_notifications_total": "alertname, severity, status",
    "ml_action_runs_total": "action, outcome",
}


def described() -> dict[str, str]:
    """Name to labels of every family of the exporter in the reference."""
    text, _, _ = documents()["metrics.md"].partition(SERVING)
    return dict(re.findall(r"^\| `(ml_\w+)` \| ([^|]*?) ?\| \w+ \|", text, re.MULTILINE))


def test_is_not_stale() -> None:
    """docs/metrics.md is what the families say; `make docs` makes it anew."""
    for name, text in documents().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text


def test_the_contract_is_kept() -> None:
    """Every family of the contract is there, with its labels and no other."""
    found = described()
    assert {name: found.get(name) for name in CONTRACT} == CONTRACT


def test_nothing_is_served_that_was_not_promised() -> None:
    """A family is written into the contract before it is served, with the labels that it will keep."""
    known = CONTRACT | PROMISED
    assert {name: labels for name, labels in described().items() if known.get(name) != labels} == {}

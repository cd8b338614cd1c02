"""Metrics of the server itself; those of predictions are the instrument's.

They are declared when this module loads, after the process has chosen the client's multiprocess mode.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge

WORKERS = Gauge(
    "ml_serving_workers",
    "Workers that serve a model version, by role: main, split or shadow.",
    ["model", "version", "role"],
    multiprocess_mode="livesum",
)
REFUSED = Counter(
    "ml_serving_models_refused_total",
    "Model versions that a worker did not begin to serve, because they do not load, predict or fit the clients.",
    ["model", "version", "role"],
)
REGISTRY_UP = Gauge(
    "ml_serving_mlflow_up",
    "1 where MLflow answered every worker's last question about a role.",
    ["role"],
    multiprocess_mode="livemin",
)
SHADOW_DROPPED = Counter(
    "ml_serving_shadow_dropped_total",
    "Requests that were not scored by the shadow model because its queue was full.",
    ["model"],
)
REQUESTS = Counter(
    "ml_serving_requests_total",
    "Requests answered, by route and HTTP status.",
    ["route", "status"],
)
FAMILIES = (WORKERS, REFUSED, REGISTRY_UP, SHADOW_DROPPED, REQUESTS)

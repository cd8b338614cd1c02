"""Instruments for model servers: metrics, online drift and a prediction log, in a line and in microseconds.

Needs prometheus_client and the standard library only.
"""

from mlflow_exporter.instrument.asgi import AsgiMiddleware
from mlflow_exporter.instrument.bins import FeatureBins
from mlflow_exporter.instrument.call import Call
from mlflow_exporter.instrument.log import PredictionLog
from mlflow_exporter.instrument.monitoring import Monitor
from mlflow_exporter.instrument.monitors import monitor, monitored
from mlflow_exporter.instrument.pyfunc import MonitoredModel, monitor_pyfunc
from mlflow_exporter.instrument.request_ids import current_request_id, request_id
from mlflow_exporter.instrument.workers import WorkersCollector
from mlflow_exporter.instrument.wsgi import WsgiMiddleware

__all__ = [
    "AsgiMiddleware",
    "Call",
    "FeatureBins",
    "Monitor",
    "MonitoredModel",
    "PredictionLog",
    "WorkersCollector",
    "WsgiMiddleware",
    "current_request_id",
    "monitor",
    "monitor_pyfunc",
    "monitored",
    "request_id",
]

"""Prometheus exporter for machine-learning models registered in MLflow."""

__version__ = "0.1.0"

"""Two real models on real data, and traffic for them that drifts: what `mlflow-exporter demo` shows."""

"""`python -m mlflow_exporter` is `mlflow-exporter`."""

from mlflow_exporter.cli import main

main(prog_name="mlflow-exporter")

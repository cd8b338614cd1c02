"""The scoring server: MLflow's protocol on gunicorn, instrumented; everything of it loads when it is used."""

"""Evaluations to Prometheus families, one file a subject, and the exposition that serves them from memory."""

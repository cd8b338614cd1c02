"""The HTTP side: /metrics, health, reload and the status pages, on Flask and cheroot."""

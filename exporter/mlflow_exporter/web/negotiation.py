"""Which exposition format an Accept header asks for."""

from __future__ import annotations

from werkzeug.http import parse_list_header, parse_options_header

from mlflow_exporter.collectors.rendering import Format

_MEDIA_TYPES = {
    "application/openmetrics-text": Format.OPENMETRICS,
    "text/plain": Format.TEXT,
    "text/*": Format.TEXT,
    "*/*": Format.TEXT,
}
_VERSIONS = {Format.OPENMETRICS: {"", "1.0.0"}, Format.TEXT: {"", "0.0.4"}}


def negotiate(accept: str) -> Format:
    """The format that an Accept header prefers (RFC 9110, 12.5.1); text where it names neither.

    >>> negotiate("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
    <Format.OPENMETRICS: 'application/openmetrics-text; version=1.0.0; charset=utf-8'>
    """
    qualities = {Format.TEXT: 0.0, Format.OPENMETRICS: 0.0}
    for item in parse_list_header(accept):
        media_type, options = parse_options_header(item)
        style = _MEDIA_TYPES.get(media_type)
        if style is not None and options.get("version", "") in _VERSIONS[style]:
            qualities[style] = max(qualities[style], _quality(options.get("q", "1")))
    return max(qualities, key=lambda style: qualities[style])


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

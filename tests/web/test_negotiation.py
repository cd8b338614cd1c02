"""Which format an Accept header asks for."""

from __future__ import annotations

import pytest

from mlflow_exporter.collectors.rendering import Format
from mlflow_exporter.web.negotiation import negotiate

OPENMETRICS = "application/openmetrics-text"


@pytest.mark.parametrize(
    ("accept", "expected"),
    (
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Format.TEXT),
        (OPENMETRICS, Format.OPENMETRICS),
        (f"{OPENMETRICS};version=1.0.0;q=0.5,{OPENMETRICS};version=0.0.1;q=0.75,*/*;q=0.1", Format.OPENMETRICS),
        (f"{OPENMETRICS};version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;q=0.4", Format.OPENMETRICS),
        (f"text/plain;version=0.0.4, {OPENMETRICS};q=0.5", Format.TEXT),
        (f"{OPENMETRICS};version=0.0.1", Format.TEXT),
        (f"{OPENMETRICS};version=2.0.0", Format.TEXT),
        (f"{OPENMETRICS};q=0", Format.TEXT),
        (f"{OPENMETRICS};q=nonsense", Format.TEXT),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", Format.TEXT),
    ),
)
def test_follows_qualities_and_versions(accept: str, expected: Format) -> None:
    """The format of the highest quality in a version that we write; text where nothing fits."""
    assert negotiate(accept) is expected

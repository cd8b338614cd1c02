"""Metrics to a Pushgateway (github.com/prometheus/pushgateway, `PUT /metrics/job/…`)."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from urllib.parse import unquote, urlsplit

from mlflow_exporter.collectors.rendering import Format
from mlflow_exporter.config.secrets import mask
from mlflow_exporter.errors import MlflowExporterError

JOB = "mlflow_exporter"
TIMEOUT_SECONDS = 30
_SHOWN = 300


def push(url: str, text: bytes) -> None:
    """Replace what the gateway has of the job by an exposition in the text format; raises MlflowExporterError."""
    request = _request(url if "://" in url else f"http://{url}", text)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310 - http and https only, see _request
            pass
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(_SHOWN).decode("utf-8", "replace").strip()
        raise _refused(url, f"the Pushgateway refused ({error.code} {said or error.reason})") from error
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise _refused(url, f"the Pushgateway did not answer ({reason})") from error


def _request(url: str, text: bytes) -> urllib.request.Request:
    """The request, with the URL's user and password as a header, where HTTP wants them."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refused(url, "it is no address of a Pushgateway")
    credentials, at, host = parts.netloc.rpartition("@")
    address = parts._replace(netloc=host, path=f"{parts.path.rstrip('/')}/metrics/job/{JOB}").geturl()
    headers = {"Content-Type": Format.TEXT.value}
    if at:
        headers["Authorization"] = f"Basic {base64.b64encode(unquote(credentials).encode()).decode()}"
    return urllib.request.Request(address, text, headers, method="PUT")  # noqa: S310 - see above


def _refused(url: str, what: str) -> MlflowExporterError:
    return MlflowExporterError(what, where=mask(url), mend="check --push-gateway, such as http://pushgateway:9091")

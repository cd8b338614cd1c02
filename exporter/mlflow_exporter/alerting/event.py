"""What an action gets to know: an alert, as a document, as an environment, and inside of texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlflow_exporter.errors import ActionError
from mlflow_exporter.state.alerts import Alert, Status

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}", re.ASCII)
_UNNAMEABLE = re.compile(r"[^A-Z0-9_]")


@dataclass(frozen=True, slots=True)
class Event:
    """News of an alert: that it fires, or that it does no more."""

    alert: Alert
    news: Status

    def document(self) -> dict[str, Any]:
        """As JSON-able data: what commands, web servers and Lambda functions get."""
        alert = self.alert
        ends_at = None if alert.ends_at is None else written(alert.ends_at)
        times = {"starts_at": written(alert.starts_at), "ends_at": ends_at}
        texts = {"labels": dict(alert.labels), "annotations": dict(alert.annotations)}
        about = {"alertname": alert.name, "model": alert.model or None, "version": alert.version or None}
        return {"status": self.news, "fingerprint": alert.fingerprint, **about, **times, **texts} | {
            "generator_url": alert.generator_url or None
        }

    def environment(self) -> dict[str, str]:
        """As variables: `ALERT_STATUS`, `ALERT_MODEL`…, `ALERT_LABEL_<NAME>`, `ALERT_ANNOTATION_<NAME>`."""
        document = self.document()
        labels, annotations = document.pop("labels"), document.pop("annotations")
        named = {name: value or "" for name, value in document.items()}
        named |= {f"label_{name}": value for name, value in labels.items()}
        named |= {f"annotation_{name}": value for name, value in annotations.items()}
        return {f"ALERT_{_UNNAMEABLE.sub('_', name.upper())}": value for name, value in named.items()}

    def filled(self, text: str) -> str:
        """The text with each `{label}`, `{status}`, `{fingerprint}` and `{starts_at}` replaced.

        Raises ActionError for a label that the alert has not.
        """
        return _PLACEHOLDER.sub(lambda found: self._value(found[1]), text)

    def filled_json(self, text: str) -> str:
        """JSON with the placeholders in its texts replaced; what is put in stays inside of the text."""
        return json.dumps(self._filled(json.loads(text)))

    def _filled(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {name: self._filled(value) for name, value in data.items()}
        if isinstance(data, list):
            return [self._filled(value) for value in data]
        return self.filled(data) if isinstance(data, str) else data

    def _value(self, name: str) -> str:
        own = {
            "status": str(self.news),
            "fingerprint": self.alert.fingerprint,
            "starts_at": written(self.alert.starts_at),
        }
        known: dict[str, str] = {**own, **self.alert.labels}
        if name not in known:
            mend = f"it has {', '.join(sorted(known))}"
            raise ActionError(f"the alert has no label {name!r}, which {{{name}}} stands for", mend=mend)
        return known[name]


def written(seconds: float) -> str:
    """Unix seconds as RFC 3339 writes them.

    >>> written(1_700_000_000.25)
    '2023-11-14T22:13:20.250000Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")

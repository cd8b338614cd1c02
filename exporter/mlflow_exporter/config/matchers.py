"""Matchers on the labels of alerts, in Alertmanager's own syntax."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_MATCHER = re.compile(
    r"""\s*(?P<label>[A-Za-z_]\w*)\s*(?P<operator>=~|!~|!=|=)\s*"""
    r"""(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"'`{},=!~]+))\s*""",
    re.ASCII | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """What an alert's label has to be; a label that the alert has not is empty, a pattern is for the whole value."""

    label: str
    pattern: re.Pattern[str]
    negated: bool = False
    text: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> Matcher:
        r"""The matcher that a text is (prometheus.io/docs/alerting/latest/configuration, `<matcher>`).

        Raises ValueError that says what is wrong. Patterns are Python's, which differ from Go's in rare cases only.

        >>> Matcher.parse('severity=~"critical|page"').matches({"severity": "page"})
        True
        >>> Matcher.parse('model!="churn"').matches({})
        True
        """
        found = _MATCHER.fullmatch(text)
        if found is None:
            raise ValueError('no matcher; write it as alertname="FeatureDrift", severity=~"critical|page" or team!=ads')
        value = found["bare"] if found["quoted"] is None else _unescaped(found["quoted"])
        operator = found["operator"]
        return cls(found["label"], _pattern(operator, value), operator.startswith("!"), text)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is meant."""
        return (self.pattern.fullmatch(labels.get(self.label, "")) is None) is self.negated

    def __str__(self) -> str:
        return self.text


def _unescaped(quoted: str) -> str:
    # As Alertmanager does: what is no escape keeps its backslash, which patterns need.
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), quoted)


def _pattern(operator: str, value: str) -> re.Pattern[str]:
    try:
        return re.compile(value if operator.endswith("~") else re.escape(value), re.DOTALL)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error

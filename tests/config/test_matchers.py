from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.config.matchers import Matcher

LABELS = {"alertname": "ModelDrift", "severity": "critical", "column": 'a"b\\c'}


@pytest.mark.parametrize(
    ("text", "matches"),
    (
        ('alertname="ModelDrift"', True),
        (" alertname = ModelDrift ", True),
        ('alertname="Model"', False),
        ('alertname=~"Model.*"', True),
        ('alertname=~"Drift"', False),
        ('alertname=~"Other|ModelDrift"', True),
        ('alertname!="ModelDrift"', False),
        ('alertname!~"Model.*"', False),
        ('team=""', True),
        ('team!=""', False),
        ('team!="ads"', True),
        (r'column="a\"b\\c"', True),
        (r'alertname=~"\\w+"', True),
        (r'alertname=~"\w+"', True),
        ('alertname="Model.*"', False),
    ),
)
def test_matches_as_alertmanager_does(text: str, matches: bool) -> None:
    """Values are compared whole, patterns too, and a label that is not there is empty."""
    assert Matcher.parse(text).matches(LABELS) is matches
    assert str(Matcher.parse(text)) == text


@pytest.mark.parametrize(
    "text", ("", "alertname", "=x", "a b=c", 'a="x', "a='x'", 'a=x"', "a==b", '{a="b"}', "a=b,c=d", "1a=b", "a=")
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    """The error shows how a matcher is written."""
    with pytest.raises(ValueError, match='write it as alertname="FeatureDrift"'):
        Matcher.parse(text)


def test_a_broken_pattern_is_refused() -> None:
    """The error says what is wrong with it."""
    with pytest.raises(ValueError, match="not a regular expression: missing \\)"):
        Matcher.parse('a=~"("')


@given(st.text(), st.text())
def test_a_quoted_value_is_exactly_itself(value: str, other: str) -> None:
    """Any text can be quoted, is matched by itself, and by nothing else; a negation says the opposite."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    for candidate in (value, other):
        assert Matcher.parse(f'x="{quoted}"').matches({"x": candidate}) is (candidate == value)
        assert Matcher.parse(f'x!="{quoted}"').matches({"x": candidate}) is (candidate != value)

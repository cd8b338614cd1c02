"""Families to bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from mlflow_exporter.collectors.family import Family
from mlflow_exporter.collectors.rendering import Format, header, sample_lines

GAUGE = Family("ml_a", "A \\ back\nslash.", ("x", "y"))
FAMILIES = (
    GAUGE,
    Family("ml_b_total", "B.", ("x", "y"), "counter"),
    Family("ml_c_info", "C.", ("x", "y"), "info"),
    Family("ml_d", "D.", ("x", "y"), "unknown"),
)
# No lone surrogates: what has no UTF-8 is a case of its own.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def test_headers_say_type_and_help_in_each_format() -> None:
    """The text format knows neither info nor unknown, OpenMetrics names families without suffixes."""
    _, counter, info, unknown = FAMILIES
    assert header(info, Format.TEXT) == b"# HELP ml_c_info C.\n# TYPE ml_c_info gauge\n"
    assert header(info, Format.OPENMETRICS) == b"# HELP ml_c C.\n# TYPE ml_c info\n"
    assert header(unknown, Format.TEXT).endswith(b"# TYPE ml_d untyped\n")
    assert header(counter, Format.OPENMETRICS).startswith(b"# HELP ml_b B.")


@given(st.dictionaries(st.tuples(texts, texts), st.floats(allow_nan=False), min_size=1, max_size=4))
def test_sample_lines_are_the_same_in_both_formats(points: dict[tuple[str, ...], float]) -> None:
    """Lines rendered once serve both formats: they are what the client's own renderers give."""
    for family in FAMILIES:
        lines = sample_lines(family, points)
        metric = family.metric(points.items())
        assert header(family, Format.TEXT) + lines == Format.TEXT.render([metric])
        assert header(family, Format.OPENMETRICS) + lines + b"# EOF\n" == Format.OPENMETRICS.render([metric])


@given(st.dictionaries(st.tuples(texts, texts), st.floats(allow_nan=False), min_size=1, max_size=4))
def test_parsers_read_back_every_label_and_value(points: dict[tuple[str, ...], float]) -> None:
    """Quotes, backslashes, line breaks and any script survive both of the client's parsers."""
    lines = sample_lines(GAUGE, points).decode()
    text = header(GAUGE, Format.TEXT).decode() + lines
    openmetrics = header(GAUGE, Format.OPENMETRICS).decode() + lines + "# EOF\n"
    parsed = list(parse_text(text)), list(parse_openmetrics(openmetrics))  # type: ignore[no-untyped-call]
    for (family,) in parsed:
        assert {(s.labels["x"], s.labels["y"]): s.value for s in family.samples} == points


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    """A name that has no UTF-8 (JSON allows it) does not cost the exposition."""
    assert sample_lines(GAUGE, {("\ud800", "é"): 1.0}) == 'ml_a{x="?",y="é"} 1.0\n'.encode()

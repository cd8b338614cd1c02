from __future__ import annotations

from mlflow_exporter.alerting.actions.action import OUTPUT_LIMIT, bounded


def test_output_is_bounded_at_its_beginning() -> None:
    """The end is kept, where the error is; escape sequences of terminals are taken apart."""
    long = bounded("x" * OUTPUT_LIMIT + "the end\n")
    assert (len(long), long[0], long.endswith("xthe end")) == (OUTPUT_LIMIT, "…", True)
    assert bounded("\x1b[31mred\x1b[0m\r\n\tand\0 more\n") == "[31mred[0m\n\tand more"

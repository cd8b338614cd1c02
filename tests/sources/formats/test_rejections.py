from __future__ import annotations

from mlflow_exporter.domain import Rejection
from mlflow_exporter.sources.formats.rejections import ENCODING, LineFaults


def test_lines_are_counted_by_reason_with_their_first() -> None:
    """Each reason has its number of lines and the first of them as its example."""
    faults = LineFaults("log.csv")
    assert faults.rejections() == ()
    faults.add(1200, "has 2 fields, the header 3")
    faults.add(1300, "is not UTF-8", ENCODING)
    faults.add(1400, "has 9 fields, the header 3")
    assert faults.rejections() == (
        Rejection("malformed", 2, "log.csv, line 1,200: has 2 fields, the header 3"),
        Rejection("encoding", 1, "log.csv, line 1,300: is not UTF-8"),
    )

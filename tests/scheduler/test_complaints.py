from __future__ import annotations

from mlflow_exporter.scheduler.complaints import Change, Complaints


def test_what_stays_is_told_once() -> None:
    """A complaint is new when it begins, over when it is not there any more, and new again when it comes back."""
    told = Complaints()
    assert told.update(["a", "b"]) == Change(("a", "b"), ())
    assert told.update(["b", "a"]) == Change((), ())
    assert told.update(["b", "c"]) == Change(("c",), ("a",))
    assert told.update([]) == Change((), ("b", "c"))
    assert told.update(["a"]) == Change(("a",), ())


def test_other_numbers_are_no_new_complaint() -> None:
    """Rows are counted on, and what is wrong with them stays the same."""
    told = Complaints()
    told.update(["1,204 of 5,000 rows lack it"])
    assert told.update(["1,305.5 of 6,000 rows lack it"]) == Change((), ())
    assert told.update([]).over == ("1,305.5 of 6,000 rows lack it",)

"""The confusion matrix as the page draws it."""

from __future__ import annotations

from mlflow_exporter.web.confusion import Cell, Confusion


def test_shares_are_of_the_actual_class() -> None:
    """A row of the table adds up to the class, whatever the other classes have."""
    table = Confusion.of({("a", "a"): 3, ("a", "b"): 1, ("b", "b"): 10})
    assert table is not None
    assert table.classes == ("a", "b")
    assert table.rows[0].cells == (Cell(3, 0.75, right=True), Cell(1, 0.25, right=False))
    assert table.rows[1].cells == (Cell(0, 0.0, right=False), Cell(10, 1.0, right=True))
    assert [cell.heat for cell in (*table.rows[0].cells, *table.rows[1].cells)] == [4, 2, 0, 5]


def test_a_class_that_is_only_predicted_has_an_empty_row() -> None:
    """No division by the nothing that it has."""
    table = Confusion.of({("a", "b"): 2})
    assert table is not None
    assert [cell.share for cell in table.rows[1].cells] == [0, 0]


def test_many_classes_are_cut_to_the_heaviest() -> None:
    """The table says how many it leaves out, and shares still count them."""
    counts = {(f"c{i:02}", f"c{i:02}"): i for i in range(1, 21)} | {("c20", "c01"): 20}
    table = Confusion.of(counts)
    assert table is not None
    assert (len(table.classes), table.hidden) == (12, 8)
    last = table.rows[-1]
    assert last.actual == "c20"
    assert last.cells[-1].share == 0.5


def test_nothing_gives_no_table() -> None:
    """A regressor has none."""
    assert Confusion.of({}) is None

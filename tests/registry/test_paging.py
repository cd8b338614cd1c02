from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from mlflow.store.entities import PagedList

from mlflow_exporter.registry.paging import every


@given(st.integers(0, 50), st.integers(1, 20))
def test_every_result_comes_once_and_no_call_is_wasted(results: int, size: int) -> None:
    """All pages are read, in order, and the last page's empty token ends it."""
    calls = []

    def search(*, max_results: int, page_token: str | None) -> PagedList[int]:
        calls.append(page_token)
        start = int(page_token or 0)
        end = min(start + max_results, results)
        return PagedList(list(range(start, end)), str(end) if end < results else "")

    assert list(every(search, size)) == list(range(results))
    assert len(calls) == max(1, math.ceil(results / size))

"""Work shared out over threads."""

from __future__ import annotations

import threading

import pytest

from mlflow_exporter.engines.threads import share_out


@pytest.mark.parametrize("threads", (1, 2, 5))
def test_every_part_is_done_once(threads: int) -> None:
    """However many threads there are, and fewer than parts or more, each part is done once."""
    done: list[list[int]] = []
    share_out(done.append, [[1], [2], [3]], threads)
    assert sorted(done) == [[1], [2], [3]]


def test_threads_work_at_the_same_time() -> None:
    """Two parts that wait for each other both end."""
    meeting = threading.Barrier(2, timeout=30)

    def work(_: list[int]) -> None:
        meeting.wait()

    share_out(work, [[1], [2]], 2)


@pytest.mark.parametrize("failing", (1, 2))
def test_an_error_reaches_the_caller(failing: int) -> None:
    """Whichever thread an error is raised in, the caller raises it."""

    def work(part: list[int]) -> None:
        if part == [failing]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        share_out(work, [[1], [2]], 2)


def test_no_thread_is_left() -> None:
    """The threads of a call end with it."""
    before = threading.active_count()
    share_out(lambda _: None, [[i] for i in range(8)], 4)
    assert threading.active_count() == before

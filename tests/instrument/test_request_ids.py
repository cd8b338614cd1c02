from __future__ import annotations

import os

import pytest

from mlflow_exporter.instrument.request_ids import accepted, current_request_id, new_request_id, request_id


def test_new_identifiers_are_unique() -> None:
    """No two of many are the same."""
    assert len({new_request_id() for _ in range(10_000)}) == 10_000


def test_a_forked_process_makes_other_identifiers() -> None:
    """Parent and child share no beginning, or their counters would meet."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, new_request_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reader, 100).decode()
    assert theirs.split("-")[0] != new_request_id().split("-")[0]
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("given", ("order-1", "a" * 128, "550e8400-e29b-41d4-a716-446655440000", "a/b:c+d=@e_f.g"))
def test_a_plain_identifier_is_taken(given: str) -> None:
    """What the client calls its request is what labels will come under."""
    assert accepted(given) == given


@pytest.mark.parametrize("given", (None, "", "a" * 129, "line\nbreak", "two words", "<b>", "é"))
def test_any_other_gets_a_new_one(given: str | None) -> None:
    """Nothing that could break a header or a log line is taken."""
    assert accepted(given) != given


def test_it_holds_inside_its_block_only() -> None:
    """Blocks nest, and leave no trace."""
    assert current_request_id() is None
    with request_id("outer"):
        with request_id("inner"):
            assert current_request_id() == "inner"
        assert current_request_id() == "outer"
    assert current_request_id() is None

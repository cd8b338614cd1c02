"""Every result of a search that MLflow answers in pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Found_co = TypeVar("Found_co", covariant=True)


class Page(Protocol[Found_co]):
    """What MLflow's searches return: results, and the token of the next page (empty on the last)."""

    token: str | None

    def __iter__(self) -> Iterator[Found_co]: ...


class Search(Protocol[Found_co]):
    """A search of MLflow's client, its filter already bound."""

    def __call__(self, *, max_results: int, page_token: str | None) -> Page[Found_co]:
        """A page of at most `max_results`; the first one where there is no token."""
        ...


def every(search: Search[Item], page_size: int) -> Iterator[Item]:
    """The results of every page, each asked for when it is needed."""
    token: str | None = None
    while True:
        page = search(max_results=page_size, page_token=token)
        yield from page
        token = page.token
        if not token:
            return

"""What was probably meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


def nearest(word: str, names: Collection[str]) -> str | None:
    """The name that a word is a slip of, None where there is none.

    >>> nearest("colums", ["columns", "mode"])
    'columns'
    """
    by_folded = {name.casefold(): name for name in names}
    close = get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, names: Collection[str]) -> str:
    """Advice to use one of the names.

    >>> did_you_mean("colums", ["columns", "mode"])
    "did you mean 'columns'?"
    >>> did_you_mean("x", ["columns", "mode"])
    'use one of columns, mode'
    """
    close = nearest(word, names)
    if close:
        return f"did you mean {close!r}?"
    return f"use one of {', '.join(names)}" if len(names) > 1 else f"use {', '.join(names)}"

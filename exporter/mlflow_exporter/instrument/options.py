"""Mistakes in the options of a monitor, told where it is made: when a server starts, not while it predicts."""

from __future__ import annotations

from collections.abc import Collection
from numbers import Integral


def check_identity(model: object, version: object) -> None:
    """Raises TypeError or ValueError where these do not say which version of which model it is.

    >>> check_identity("churn", None)
    Traceback (most recent call last):
    TypeError: version is None: give the number of the registered version, as in version=3
    """
    if not isinstance(model, str):
        raise TypeError(f"model is {model!r}: give the name of the registered model, as in model='churn'")
    if not isinstance(version, str | Integral) or isinstance(version, bool):
        raise TypeError(f"version is {version!r}: give the number of the registered version, as in version=3")
    if not model or version == "":
        name = "version" if model else "model"
        raise ValueError(f"{name} is empty: say which version of which model it is, as in model='churn', version=3")


def check_kind(name: str, value: object, kind: type, example: str) -> None:
    """Raises TypeError where an option is neither None nor of its kind; `example` is how it is written."""
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"{name} is {value!r}, which is no {kind.__name__}: write {name}={example}")


def check_callable(name: str, value: object) -> None:
    """Raises TypeError where an option is neither None nor something to call."""
    if value is not None and not callable(value):
        given = "the function's arguments" if name == "inputs" else "its result"
        raise TypeError(f"{name} is {value!r}, which cannot be called: give a function that takes {given}")


def check_names(given: Collection[str], known: Collection[str]) -> None:
    """Raises TypeError for an option that does not exist, with the one that was probably meant.

    >>> check_names(["logs"], ["log", "bins"])
    Traceback (most recent call last):
    TypeError: there is no option 'logs': did you mean 'log'?
    """
    for name in given:
        if name not in known:
            raise TypeError(f"there is no option {name!r}: {_meant(name, known)}")


def _meant(name: str, known: Collection[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 -- needed for a mistake only

    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}"

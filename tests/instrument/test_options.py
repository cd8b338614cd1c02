from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlflow_exporter.instrument.options import check_callable, check_identity, check_kind, check_names


@pytest.mark.parametrize("version", ("3", 3, np.int64(3), "v1-rc"))
def test_a_version_is_a_number_or_a_text(version: Any) -> None:
    """Whatever kind of whole number it is."""
    check_identity("churn", version)


@pytest.mark.parametrize("version", (None, True, 1.5, b"3"))
def test_anything_else_is_no_version(version: Any) -> None:
    """It would become a label that no registry has, such as "None"."""
    with pytest.raises(TypeError, match=r"version is .*: give the number of the registered version"):
        check_identity("churn", version)


def test_an_option_is_of_its_kind_or_absent() -> None:
    """The error shows how it is written."""
    check_kind("log", None, dict, "{}")
    check_kind("log", {}, dict, "{}")
    with pytest.raises(TypeError, match=r"log is 3, which is no dict: write log=\{\}"):
        check_kind("log", 3, dict, "{}")


def test_what_is_to_be_called_can_be() -> None:
    """A name in place of the function is told, with what the function takes."""
    check_callable("inputs", None)
    check_callable("inputs", len)
    with pytest.raises(TypeError, match=r"inputs is 'x', .*: give a function that takes the function's arguments"):
        check_callable("inputs", "x")
    with pytest.raises(TypeError, match=r"outputs is 'y', .*: give a function that takes its result"):
        check_callable("outputs", "y")


def test_a_misspelt_option_is_recognised() -> None:
    """The nearest is named, or all of them where none is near."""
    check_names(["log"], ["log", "bins"])
    with pytest.raises(TypeError, match=r"there is no option 'bin': did you mean 'bins'?"):
        check_names(["log", "bin"], ["log", "bins"])
    with pytest.raises(TypeError, match=r"there is no option 'x': use one of log, bins"):
        check_names(["x"], ["log", "bins"])

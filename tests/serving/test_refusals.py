from __future__ import annotations

import re

from mlflow_exporter.serving.refusals import Refusal


def test_every_refusal_is_a_400_with_a_word_of_its_own() -> None:
    """The word is no sentence: lines of the log are counted by it."""
    kinds = Refusal.__subclasses__()
    reasons = [kind.reason for kind in kinds]
    assert [kind.code for kind in kinds] == [400] * len(kinds)
    assert len(set(reasons)) == len(kinds) > 1
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", reason) for reason in reasons)

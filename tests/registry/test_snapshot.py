from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelNotFound
from mlflow_exporter.registry.snapshot import (
    BASELINE_DIGEST_TAG,
    RegisteredModel,
    RegisteredVersion,
    RegistrySnapshot,
    listed,
)

STAGES = ("None", "Staging", "Production", "Archived")


def version(number: int, stage: str = "None", tags: Mapping[str, str] | None = None) -> RegisteredVersion:
    """A version of the model `churn`."""
    return RegisteredVersion(ModelKey("churn", str(number)), stage, "READY", "", 0.0, "", tags or {})


CHURN = RegisteredModel(
    "churn",
    (version(2, "Production"), version(9, "Production"), version(10, "Staging"), version(11)),
    {"champion": "9", "Grün": "2"},
)
SNAPSHOT = RegistrySnapshot({"churn": CHURN, "fraud": RegisteredModel("fraud")}, 0.0)


@pytest.mark.parametrize(
    ("wanted", "number"),
    (
        ("2", 2),
        ("010", 10),
        ("@champion", 9),
        ("@Grün", 2),
        ("Production", 9),
        ("pRODUCTION", 9),
        ("staging", 10),
        ("none", 11),
        ("latest", 11),
    ),
)
def test_a_version_is_named_by_number_alias_or_stage(wanted: str, number: int) -> None:
    """Numbers and aliases are exact, stages take any case and mean their newest version."""
    assert SNAPSHOT.resolve("churn", wanted).number == number


@pytest.mark.parametrize(
    ("name", "wanted", "message"),
    (
        ("Chrun", "1", "model 'Chrun': is not in the registry; did you mean 'churn'? models there are: churn, fraud"),
        ("x", "1", "model 'x': is not in the registry; models there are: churn, fraud"),
        ("fraud", "1", "model 'fraud': has no version 1; its versions: none; its aliases: none"),
        ("fraud", "latest", "model 'fraud': has no version in stage 'latest'; its versions: none; its aliases: none"),
        (
            "churn",
            "@champoin",
            (
                "model 'churn': has no alias @champoin; did you mean 'champion'? its versions: 11, "
                "10 (Staging), 9 (Production), 2 (Production); its aliases: @Grün → 2, @champion → 9"
            ),
        ),
    ),
)
def test_what_is_not_there_is_an_error_that_says_what_is(name: str, wanted: str, message: str) -> None:
    """A wrong name gets the nearest right one and the list of what exists."""
    with pytest.raises(ModelNotFound) as caught:
        SNAPSHOT.resolve(name, wanted)

    assert str(caught.value) == message


@pytest.mark.parametrize("wanted", ("", "@", "-1", "1.0", "²", "Archived"))
def test_what_is_no_version_is_not_found(wanted: str) -> None:
    """Anything that is no number, alias or stage of the model is an error of the same kind."""
    with pytest.raises(ModelNotFound):
        SNAPSHOT.resolve("churn", wanted)


@given(st.dictionaries(st.integers(1, 10**6), st.sampled_from(STAGES), min_size=1))
def test_a_stage_means_its_highest_number(stages: dict[int, str]) -> None:
    """For any versions in any stages, a stage resolves to the largest number in it and `latest` to the largest."""
    model = RegisteredModel("churn", tuple(version(number, stages[number]) for number in sorted(stages)))

    assert model.resolve("latest").number == max(stages)
    for stage in set(stages.values()):
        assert model.resolve(stage.lower()).number == max(n for n, of in stages.items() if of == stage)


def test_long_lists_are_cut() -> None:
    """A registry of a thousand models does not make a message of a thousand names."""
    assert listed(map(str, range(1000))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 990 more"


def test_the_baseline_digest_is_a_tag() -> None:
    """Whether a version has a baseline, and which, is known without another call."""
    assert version(1, tags={BASELINE_DIGEST_TAG: "abc"}).baseline_digest == "abc"
    assert version(1).baseline_digest is None

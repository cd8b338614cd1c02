from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow import MlflowClient

from mlflow_exporter.alerting.actions.action import Leash
from mlflow_exporter.alerting.actions.alias import Alias, previous
from mlflow_exporter.alerting.event import Event
from mlflow_exporter.errors import ActionError
from mlflow_exporter.registry.registry import Registry
from mlflow_exporter.state.alerts import Alert

_NUMBERS = itertools.count(1)


@pytest.fixture
def model(mlflow_server: str) -> str:
    """A model with four versions, the fourth of them @champion."""
    client, name = MlflowClient(mlflow_server), f"rolled back {os.getpid()}-{next(_NUMBERS)}"
    client.create_registered_model(name)
    for _ in range(4):
        client.create_model_version(name, "s3://nowhere/model", await_creation_for=0)
    client.set_registered_model_alias(name, "champion", "4")
    return name


@pytest.fixture
def roll_back(configured: Callable[..., Any], mlflow_server: str) -> Callable[..., Alias]:
    """Makes the action for an alias that was seen at these versions."""

    def make(seen: Sequence[str] = ("3", "4"), **keys: Any) -> Alias:
        return Alias(configured("alias", **keys), Registry(mlflow_server, timeout=60), lambda model, alias: seen)

    return make


def champion(mlflow_server: str, model: str) -> str:
    return str(MlflowClient(mlflow_server).get_model_version_by_alias(model, "champion").version)


def test_the_alias_goes_back_once(
    roll_back: Callable[..., Alias], alert: Callable[..., Alert], model: str, mlflow_server: str, leash: Leash
) -> None:
    """To the version that had it before; told again, or of another version, nothing is done."""
    event = Event(alert(model=model), "firing")
    assert roll_back().plan(event) == f"move @champion of {model} from version 4 to 3"
    assert champion(mlflow_server, model) == "4"
    assert roll_back().run(event, leash) == f"moved @champion of {model} from version 4 to 3"
    assert champion(mlflow_server, model) == "3"
    nothing = f"nothing to do: @champion of {model} is not at version 4"
    assert roll_back(("3", "4", "3")).run(event, leash) == nothing
    assert roll_back().plan(event) == nothing
    assert champion(mlflow_server, model) == "3"


def test_it_never_swings_back_to_what_was_bad(
    roll_back: Callable[..., Alias], alert: Callable[..., Alert], model: str, mlflow_server: str, leash: Leash
) -> None:
    """Where the version before does badly, too, the one before that is next, and then a person."""
    roll_back(("2", "3", "4")).run(Event(alert(model=model), "firing"), leash)
    third = Event(alert(model=model, version="3"), "firing")
    with pytest.raises(ActionError, match="which version had @champion before 3 is not known; the exporter has not"):
        roll_back(("3", "4", "3")).run(third, leash)
    roll_back(("2", "3", "4", "3")).run(third, leash)
    assert champion(mlflow_server, model) == "2"


def test_a_version_or_another_alias_may_be_given(
    roll_back: Callable[..., Alias], alert: Callable[..., Alert], model: str, mlflow_server: str, leash: Leash
) -> None:
    """`to` says where, whatever was seen."""
    event = Event(alert(model=model), "firing")
    roll_back((), to="1").run(event, leash)
    assert champion(mlflow_server, model) == "1"
    client = MlflowClient(mlflow_server)
    client.set_registered_model_alias(model, "fallback", "2")
    client.set_registered_model_alias(model, "champion", "4")
    roll_back((), to="@fallback").run(event, leash)
    assert champion(mlflow_server, model) == "2"


@pytest.mark.parametrize(
    ("keys", "labels", "said"),
    (
        ({}, {"version": ""}, "the alert has no labels model and version; keep both in the rule's expression"),
        ({}, {"model": "nobody"}, "the registry has no model 'nobody'"),
        ({"alias": "staging"}, {}, "has no alias @staging; check `alias`"),
        ({"to": "9"}, {}, "has no version 9; its versions: 4, 3"),
        ({"to": "@fallback"}, {}, "has no alias @fallback"),
        ({"to": "latest"}, {}, "latest is the version that the alias is to be taken from; give another `to`"),
        ({"seen": ()}, {}, "which version had @champion before 4 is not known"),
        ({"seen": ("1",)}, {}, "which version had @champion before 4 is not known"),
    ),
)
def test_what_is_not_known_is_not_done(
    roll_back: Callable[..., Alias],
    alert: Callable[..., Alert],
    model: str,
    mlflow_server: str,
    keys: dict[str, Any],
    labels: dict[str, str],
    said: str,
) -> None:
    """It refuses with a reason, in a dry run as well, and the alias stays where it is."""
    event, action = Event(alert(**{"model": model, **labels}), "firing"), roll_back(**keys)
    with pytest.raises(ActionError) as caught:
        action.plan(event)
    assert said in str(caught.value)
    with pytest.raises(ActionError) as caught:
        action.run(event, Leash(30.0))
    assert said in str(caught.value)
    assert champion(mlflow_server, model) == "4"


def test_an_mlflow_that_is_away_is_a_failure(
    configured: Callable[..., Any], event: Event, leash: Leash, free_port: Callable[[], int]
) -> None:
    """The run fails with MLflow's address and advice."""
    away = Alias(configured("alias"), Registry(f"http://127.0.0.1:{free_port()}", timeout=1), lambda model, alias: ())
    with pytest.raises(ActionError, match="MLflow did not answer"):
        away.run(event, leash)


@given(st.lists(st.sampled_from("1234"), max_size=8), st.sampled_from("1234"))
def test_going_back_comes_to_an_end(moves: list[str], current: str) -> None:
    """Whatever was seen, rolling back again and again never meets a version twice."""
    met = [current]
    while (before := previous(moves, met[-1])) is not None:
        moves = [*moves, before]
        assert before not in met
        met.append(before)

"""What one worker serves with: the models of its roles, who answers a request, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlflow.exceptions import MlflowException
from werkzeug.exceptions import ServiceUnavailable

from mlflow_exporter.serving.bodies import Body, Question
from mlflow_exporter.serving.following import Following
from mlflow_exporter.serving.refusals import MixedKeys
from mlflow_exporter.serving.routing import Split, key_of
from mlflow_exporter.serving.served import ServedModel
from mlflow_exporter.serving.shadow import Shadow


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer to a question."""

    model: ServedModel
    question: Question
    predictions: Any


@dataclass(frozen=True)
class ScoringServer:
    """Answers requests by the model whose turn it is."""

    main: Following
    max_rows: int
    split: Split | None = None
    challenger: Following | None = None
    split_key: str | None = None
    shadow: Shadow | None = None
    shadowing: Following | None = None

    @property
    def roles(self) -> tuple[Following, ...]:
        """Every role there is, the main one first."""
        return tuple(role for role in (self.main, self.challenger, self.shadowing) if role is not None)

    def answer(self, body: Body, request_id: str, key: str | None = None) -> Answer:
        """Answer a request; `key` decides between the versions of a split, else its column, else the request's id.

        Raises Refusal, UnsupportedMediaType, ServiceUnavailable while there is no model, PredictionFailed.
        """
        model, question = self._asked(body, request_id, key)
        try:
            predictions = model.predict(question.rows, question.params)
        except MlflowException as error:
            raise body.refusal(model) from error
        if self.shadow is not None:
            self.shadow.offer(body, request_id, model.key)
        return Answer(model, question, predictions)

    def _asked(self, body: Body, request_id: str, key: str | None) -> tuple[ServedModel, Question]:
        main = self.main.current
        if main is None:
            raise ServiceUnavailable("no model is loaded yet")
        question = body.read(main, self.max_rows)
        challenger = self.challenger.current if self.challenger else None
        if self.split is None or challenger is None:
            return main, question
        if not self.split.has(key or self._column(question) or request_id):
            return main, question
        return challenger, body.read(challenger, self.max_rows)

    def _column(self, question: Question) -> str | None:
        if self.split_key is None:
            return None
        try:
            return key_of(question.rows, self.split_key)
        except ValueError as error:
            raise MixedKeys(f"{error}; send those of one key at once") from error

    def health(self) -> Mapping[str, Any]:
        """Which version has which role, and which were refused and why."""
        return {
            "status": "ok" if self.main.current else "loading",
            "models": [
                {"role": role.role, "model": role.current.key.name, "version": role.current.key.version}
                for role in self.roles
                if role.current is not None
            ],
            "refused": [
                {"role": role.role, "model": key.name, "version": key.version, "why": why}
                for role in self.roles
                for key, why in role.refused.items()
            ],
        }

"""From a request's body to what a model predicts, by MLflow's protocol; what is not plain, with its own parsers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

import structlog
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server
from mlflow.pyfunc.utils.serving_data_parser import is_unified_llm_input
from mlflow.types import Schema
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.http import parse_options_header

from mlflow_exporter.serving.frames import plain_frame
from mlflow_exporter.serving.mistakes import input_mistakes, param_mistakes
from mlflow_exporter.serving.parquet_sizes import check_size, limit
from mlflow_exporter.serving.refusals import Unfit, Unreadable
from mlflow_exporter.serving.served import ServedModel

_JSON, _CSV, _PARQUET = (
    scoring_server.CONTENT_TYPES[1],
    scoring_server.CONTENT_TYPES[0],
    scoring_server.CONTENT_TYPES[2],
)
_FORMATS = (scoring_server.DF_SPLIT, scoring_server.DF_RECORDS, scoring_server.INSTANCES, scoring_server.INPUTS)
_UNREADABLE = (MlflowException, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks: rows, parameters; `bare` where its answer is not wrapped (MLflow's unified LLM input)."""

    rows: Any
    params: Any = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body, to be read for one model or another; `plain` where it is a JSON record or a list of them."""

    content: bytes
    content_type: str
    plain: bool = False

    def read(self, model: ServedModel, max_rows: int) -> Question:
        """What it asks a model.

        Raises UnsupportedMediaType, and Refusal where it cannot be read, has too many rows, or does not fit.
        """
        try:
            question = self._parsed(model, max_rows)
        except _UNREADABLE as error:
            raise self.refusal(model) from error
        limit(row_count(question.rows), max_rows, "rows")
        return question

    def refusal(self, model: ServedModel) -> Unfit:
        """The error that says what of the body does not fit the model."""
        key = model.key
        said = "; ".join(self._mistakes(model)) or "MLflow cannot make of it what the signature asks for"
        return Unfit(f"the input does not fit the signature of model {key.name!r} version {key.version}: {said}")

    def _parsed(self, model: ServedModel, max_rows: int) -> Question:
        kind, schema = self._kind(), model.input_schema
        if kind == _CSV:
            return Question(scoring_server.parse_csv_input(StringIO(self._text()), schema))  # type: ignore[arg-type]
        if kind == _PARQUET:
            check_size(self.content, max_rows)
            return Question(scoring_server.parse_parquet_input(BytesIO(self.content)))  # type: ignore[no-untyped-call]
        document = self._document()
        if not is_unified_llm_input(document):
            rows = plain_frame(document, schema)
            if rows is not None:
                return Question(rows, document.get(scoring_server.SERVING_PARAMS_KEY))
        read = scoring_server._parse_json_data(document, model.metadata, schema)  # type: ignore[no-untyped-call]  # noqa: SLF001 -- the protocol is defined by it
        return Question(read.data, read.params, read.is_unified_llm_input)

    def _mistakes(self, model: ServedModel) -> list[str]:
        try:
            return [*self._input_mistakes(model.input_schema), *param_mistakes(self._params(), model.params_schema)]
        except Exception as error:  # noqa: BLE001 -- whatever looking for the mistake raises, the request has one
            # The type alone: the text may have values in it.
            _log.warning("the mistake in a request was not found", error=type(error).__name__)
            return []

    def _input_mistakes(self, schema: Schema | None) -> list[str]:
        try:
            rows = self._rows()
        except _UNREADABLE:
            return [f"the {self._kind()} cannot be read as rows"]
        # A CSV without a header has values where its columns' names should be.
        return [] if schema is None else input_mistakes(rows, schema, with_names=self._kind() != _CSV)

    def _rows(self) -> Any:
        """The rows as they came, without a signature."""
        if self._kind() == _CSV:
            return scoring_server.parse_csv_input(StringIO(self._text()))
        if self._kind() == _PARQUET:
            return scoring_server.parse_parquet_input(BytesIO(self.content))  # type: ignore[no-untyped-call]
        document = self._document()
        return scoring_server.infer_and_parse_data({key: document[key] for key in _FORMATS if key in document})

    def _params(self) -> Any:
        return self._document().get(scoring_server.SERVING_PARAMS_KEY) if self._kind() == _JSON else None

    def _document(self) -> dict[str, Any]:
        try:
            document = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            # Where the body breaks off, without what it says there.
            at = (
                f": {error.msg} (line {error.lineno} column {error.colno})"
                if isinstance(error, json.JSONDecodeError)
                else ""
            )
            raise Unreadable(f"the body is not JSON{at}") from error
        return _wrapped(document) if self.plain else _checked(document)

    def _text(self) -> str:
        try:
            return self.content.decode()
        except UnicodeDecodeError as error:
            raise Unreadable("the body is not UTF-8 text") from error

    def _kind(self) -> str:
        """The media type. Raises UnsupportedMediaType, as MLflow does for other charsets and parameters."""
        kind, parameters = parse_options_header(self.content_type)
        charset = parameters.pop("charset", "utf-8")
        known = [_JSON] if self.plain else list(scoring_server.CONTENT_TYPES)
        if kind not in known:
            raise UnsupportedMediaType(f"send {' or '.join(known)}, with a Content-Type that says so")
        if charset.lower() != "utf-8" or parameters:
            raise UnsupportedMediaType("the Content-Type may have no parameter but charset=utf-8")
        return kind


def row_count(rows: Any) -> int:
    """How many rows there are, 1 for what has none."""
    if isinstance(rows, Mapping):
        return max((row_count(values) for values in rows.values()), default=0)
    if isinstance(rows, str | bytes) or not hasattr(rows, "__len__"):
        return 1
    shape = getattr(rows, "shape", None)
    return len(rows) if shape is None or shape else 1


def _wrapped(document: Any) -> dict[str, Any]:
    records = document if isinstance(document, list) else [document]
    if not records or not all(isinstance(record, dict) for record in records):
        raise Unreadable("send a JSON object of column names and values, or a list of such objects")
    return {scoring_server.DF_RECORDS: records}


def _checked(document: Any) -> dict[str, Any]:
    """A document of the protocol; raises Unreadable."""
    if isinstance(document, dict):
        is_one = len([key for key in _FORMATS if key in document]) == 1
        if is_one or is_unified_llm_input(document):
            return document
    raise Unreadable(f"send a JSON object with exactly one of {', '.join(_FORMATS)}")

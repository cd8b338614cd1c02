"""From a file to Settings or WebSettings, or to every mistake that is in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mlflow_exporter.config.contradictions import contradictions
from mlflow_exporter.config.mistakes import InvalidConfiguration, Mistake, Place
from mlflow_exporter.config.secrets import expand, unset_variables
from mlflow_exporter.config.section import Section
from mlflow_exporter.config.settings import Settings
from mlflow_exporter.config.web import WebSettings, web_contradictions
from mlflow_exporter.config.wording import explain, misspelt
from mlflow_exporter.config.yaml_lines import Document, read_yaml
from mlflow_exporter.errors import ConfigurationError

_Root = TypeVar("_Root", bound=Section)
_Rules: TypeAlias = Callable[[Any], Iterator[Mistake]]

_FIRST = "write a first one with `mlflow-exporter init`"
_FIRST_WEB = "give tls_server_config or basic_auth_users, or leave out --web.config.file"


def load(path: Path | str) -> Settings:
    """The settings in a file; raises InvalidConfiguration, ConfigurationError where it cannot be read."""
    return parse(read(path), path)


def read(path: Path | str) -> str:
    """The text of a configuration file; raises ConfigurationError where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", where=str(path), mend="check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("is not UTF-8 text", where=str(path), mend="save it as UTF-8") from error


def parse(text: str, file: Path | str = "config.yml") -> Settings:
    """The settings in the text of a file, in whose folder relative paths start.

    Raises InvalidConfiguration with every mistake in the text.
    """
    return _validated(text, file, Settings, contradictions, _FIRST)


def load_web(path: Path | str) -> WebSettings:
    """The settings in a web configuration file; raises as `load` does."""
    return _validated(read(path), path, WebSettings, web_contradictions, _FIRST_WEB)


def _validated(text: str, file: Path | str, root: type[_Root], rules: _Rules, mend: str) -> _Root:
    document = read_yaml(text)
    if document.data is None or not isinstance(document.data, dict):
        raise InvalidConfiguration(_located(document.mistakes or _no_keys(document, mend), document, file))
    data = expand(document.data)
    settings, errors = _settings(data, root, Path(file).absolute().parent)
    mistakes = [*document.mistakes, *unset_variables(document.data), *explain(errors, document, root), *rules(data)]
    slips = misspelt(errors, root) - document.lines.keys()
    mistakes = [mistake for mistake in mistakes if mistake.place not in slips]
    if settings is None or mistakes:
        raise InvalidConfiguration(_located(mistakes, document, file))
    return settings


def _no_keys(document: Document, mend: str) -> tuple[Mistake, ...]:
    what = "the file is empty" if document.data is None else "expected keys with values"
    return (Mistake((), what, mend),)


def _settings(data: Any, root: type[_Root], folder: Path) -> tuple[_Root | None, list[ErrorDetails]]:
    try:
        # As JSON, where strict types mean what they mean in YAML: a list is a list, whatever Python makes of it.
        return root.model_validate_json(json.dumps(data), context={"folder": folder}), []
    except ValidationError as error:
        return None, error.errors(include_url=False, include_input=False)


def _located(mistakes: Iterable[Mistake], document: Document, file: Path | str) -> list[Mistake]:
    """The first mistake of each place, which the others follow from."""
    first: dict[tuple[Place, int | None], Mistake] = {}
    for mistake in mistakes:
        line = mistake.line or document.line(mistake.place)
        first.setdefault((mistake.place, line), replace(mistake, file=str(file), line=line))
    return list(first.values())

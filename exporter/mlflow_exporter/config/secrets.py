"""Secrets: where they come from, and how they stay out of everything that is shown."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import Secret

from mlflow_exporter.config.mistakes import Mistake, Place
from mlflow_exporter.config.yaml_lines import read_yaml

HIDDEN = "<secret>"

_VARIABLE = re.compile(r"\$(\$?)\{([^}]*)\}")
# The password ends at the last @ before the host; unescaped, it may have an @, or a slash or space before the first @.
_PASSWORD = re.compile(r"(?P<user>://[^:/?#@\s]*:)[^@\n]*(?:@[^@\s/?#]*)*(?=@)")
_PARAMETER = re.compile(
    r"(?P<name>[?&;][\w.-]*(?:password|passwd|pwd|token|secret|api_?key|access_?key|signature|sig)[\w.-]*=)[^&;#\s]+",
    re.IGNORECASE,
)


class SecretText(Secret[str]):
    """Text that may have a password in it: shown with the password hidden, whole by `get_secret_value()`.

    >>> SecretText("postgresql://exporter:hunter2@db/state")
    SecretText('postgresql://exporter:<secret>@db/state')
    """

    def _display(self) -> str:
        return mask(self.get_secret_value())


def mask(text: str) -> str:
    """The text with the passwords and tokens of every URL in it hidden; where in doubt, too much is.

    >>> mask("cannot connect to http://me:hunter2@mlflow:5000/?token=abc")
    'cannot connect to http://me:<secret>@mlflow:5000/?token=<secret>'
    """
    return _PARAMETER.sub(rf"\g<name>{HIDDEN}", _PASSWORD.sub(rf"\g<user>{HIDDEN}", text))


def masked(text: str) -> str:
    """A configuration file for everyone's eyes: as written, `${VARIABLE}` included, without passwords and comments.

    `text` is of a file that `parse` accepted.
    """
    shown = _masked(read_yaml(text).data)
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=120)


def _masked(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _masked(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_masked(value) for value in data]
    return mask(data) if isinstance(data, str) else data


def expand(data: Any) -> Any:
    """The data with each `${VARIABLE}` of a text replaced from the environment; `$${` is a literal `${`.

    One that is not set stays as it is.
    """
    if isinstance(data, dict):
        return {name: expand(value) for name, value in data.items()}
    if isinstance(data, list):
        return [expand(value) for value in data]
    return _VARIABLE.sub(_value, data) if isinstance(data, str) else data


def _value(found: re.Match[str]) -> str:
    escaped, name = found.groups()
    return f"${{{name}}}" if escaped else os.environ.get(name, found.group())


def unset_variables(data: Any, place: Place = ()) -> Iterator[Mistake]:
    """A mistake for each `${VARIABLE}` that the environment does not have."""
    if isinstance(data, dict | list):
        for part, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from unset_variables(value, (*place, part))
    elif isinstance(data, str):
        names = [name for escaped, name in _VARIABLE.findall(data) if not escaped]
        for name in (name for name in names if name not in os.environ):
            mend = "set it, or write $${ for a literal ${"
            yield Mistake(place, f"the environment variable {name!r} is not set", mend)


def read_secret(path: Path) -> str:
    """The secret in a file, without the line break at its end; raises ValueError that says why there is none."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ValueError(f"cannot be read: {reason}") from error
    if not secret:
        raise ValueError("the file is empty")
    return secret

"""Which model to serve: `models:/churn@champion`, `models:/churn/3`, an artifact, a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from mlflow_exporter.errors import ConfigurationError

_REGISTERED = re.compile(r"models:/+(?P<name>[^/@]+)(?:@(?P<alias>[\w-]+)|/(?P<version>[\w-]+))")
_SCHEME = re.compile(r"[a-z][\w+.-]+:", re.IGNORECASE)
_EXAMPLE = "write it as models:/churn@champion, models:/churn/3, runs:/<run>/model or the path of a folder"


@dataclass(frozen=True, slots=True)
class ModelUri:
    """A model's URI, read; `wanted` is a version number, `@alias`, stage or `latest`, empty outside of the registry.

    >>> ModelUri.parse("models:/churn@champion")
    ModelUri(text='models:/churn@champion', name='churn', wanted='@champion')
    >>> ModelUri.parse("runs:/abc/model").name
    'model'
    """

    text: str
    name: str
    wanted: str = ""

    @classmethod
    def parse(cls, text: str) -> ModelUri:
        """Raises ConfigurationError where it is none."""
        if found := _REGISTERED.fullmatch(text):
            wanted = f"@{found['alias']}" if found["alias"] else found["version"]
            return cls(text, unquote(found["name"]), wanted)
        name = re.split(r"[/:]", text.rstrip("/"))[-1]
        if not name or re.match(r"models:/+[^/]*[/@]", text):
            raise ConfigurationError(f"{text!r} is not the URI of a model", where="--model-uri", mend=_EXAMPLE)
        return cls(text, name)

    @property
    def folder(self) -> Path | None:
        """The folder that it is the path of, None where it is something else."""
        if self.text.startswith("file://"):
            return Path(unquote(self.text.removeprefix("file://")))
        return None if _SCHEME.match(self.text) else Path(self.text)

    @property
    def moves(self) -> bool:
        """Whether it may mean another version later: an alias, a stage, the newest one."""
        return bool(self.wanted) and not self.wanted.isdecimal()

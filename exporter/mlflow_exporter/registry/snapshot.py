"""The registry as it was at one moment, and which version a configured name and version mean in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlflow_exporter.domain import ModelKey
from mlflow_exporter.errors import ModelNotFound

BASELINE_DIGEST_TAG = "mlflow_exporter.baseline.digest"
LATEST = "latest"
_LISTED = 10


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version of a registered model; `created_at` is in Unix seconds, `run_id` empty where it came from no run."""

    key: ModelKey
    stage: str
    status: str
    run_id: str
    created_at: float
    source: str
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """The version's number."""
        return int(self.key.version)

    @property
    def baseline_digest(self) -> str | None:
        """SHA-256 of the baseline that was logged for this version, None where none was."""
        return self.tags.get(BASELINE_DIGEST_TAG)


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A registered model, its versions in ascending order, and its aliases (each the number of a version)."""

    name: str
    versions: tuple[RegisteredVersion, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, wanted: str) -> RegisteredVersion:
        """The version that a number, `@alias`, `latest` or a stage (in any case; the newest of it) means.

        Raises ModelNotFound, naming what the model has.
        """
        if wanted.startswith("@"):
            return self._numbered(self._aliased(wanted.removeprefix("@")))
        if wanted.isdecimal():
            return self._numbered(str(int(wanted)))
        return self._newest(wanted)

    def _numbered(self, number: str) -> RegisteredVersion:
        for version in self.versions:
            if version.key.version == number:
                return version
        raise self._missing(f"has no version {number}")

    def _aliased(self, alias: str) -> str:
        if alias not in self.aliases:
            raise self._missing(f"has no alias @{alias}", suggestion(alias, self.aliases))
        return self.aliases[alias]

    def _newest(self, stage: str) -> RegisteredVersion:
        candidates = [v for v in self.versions if stage.casefold() in (LATEST, v.stage.casefold())]
        if not candidates:
            raise self._missing(f"has no version in stage {stage!r}")
        return candidates[-1]

    def _missing(self, what: str, hint: str = "") -> ModelNotFound:
        versions = listed(_staged(v) for v in reversed(self.versions))
        aliases = listed(f"@{alias} → {number}" for alias, number in sorted(self.aliases.items()))
        mend = f"{hint}its versions: {versions}; its aliases: {aliases}"
        return ModelNotFound(what, where=f"model {self.name!r}", mend=mend)


def _staged(version: RegisteredVersion) -> str:
    """The number, with the stage of one that has any: MLflow says "None" where there is none."""
    has_stage = version.stage not in ("", "None")
    return f"{version.key.version} ({version.stage})" if has_stage else version.key.version


@dataclass(frozen=True, slots=True)
class RegistrySnapshot:
    """Every model of the registry by name, in order of name; `taken_at` is in Unix seconds."""

    models: Mapping[str, RegisteredModel]
    taken_at: float

    def resolve(self, name: str, wanted: str) -> RegisteredVersion:
        """The version of the model that a number, `@alias`, `latest` or a stage means.

        Raises ModelNotFound, with the nearest name and what there is.
        """
        if name not in self.models:
            mend = f"{suggestion(name, self.models)}models there are: {listed(self.models)}"
            raise ModelNotFound("is not in the registry", where=f"model {name!r}", mend=mend)
        return self.models[name].resolve(wanted)


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """`did you mean 'x'? ` for the known name nearest to a wrong one, empty where none is near.

    >>> suggestion("Chrun", ["churn", "fraud"])
    "did you mean 'churn'? "
    """
    by_folded = {name.casefold(): name for name in known}
    nearest = difflib.get_close_matches(wrong.casefold(), by_folded, n=1)
    return f"did you mean {by_folded[nearest[0]]!r}? " if nearest else ""


def listed(names: Iterable[str]) -> str:
    """The first names of many, as a message lists them."""
    every = list(names)
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return (", ".join(every[:_LISTED]) or "none") + more

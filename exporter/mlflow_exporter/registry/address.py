"""A tracking URI that can be shown: what is secret in it is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from mlflow_exporter.errors import RegistryError

HIDDEN = "***"
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_EXAMPLE = "write it as http://mlflow:5000"


@dataclass(frozen=True, slots=True)
class Address:
    """Where MLflow is; `str` of it is safe to log, `uri` is not.

    >>> str(Address("https://ana:s3cret@mlflow.example:5000"))
    'https://ana:***@mlflow.example:5000'
    """

    uri: str

    def __post_init__(self) -> None:
        """Raises RegistryError where the URI is none."""
        try:
            urlsplit(self.uri)
        except ValueError as error:
            raise RegistryError(f"it is no address ({error})", where="mlflow.tracking_uri", mend=_EXAMPLE) from error

    def __str__(self) -> str:
        return self.hide(self.uri)

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    @property
    def is_database(self) -> bool:
        """Whether MLflow's client opens a database itself, where there is no server to ask.

        >>> Address("postgresql+psycopg://ana@db/mlflow").is_database
        True
        """
        return urlsplit(self.uri).scheme.partition("+")[0] in _DATABASES

    def hide(self, text: str) -> str:
        """The text without this address's secrets: for messages that other libraries made."""
        parts = urlsplit(self.uri)
        credentials, at, _ = parts.netloc.rpartition("@")
        user, colon, _ = credentials.partition(":")
        # A user without a password may be a token, and database URLs may carry a password in their query.
        shown = f"{user}:{HIDDEN}@" if colon else f"{HIDDEN}@"
        text = text.replace(f"{credentials}@", shown) if at else text
        return text.replace(parts.query, HIDDEN) if parts.query else text

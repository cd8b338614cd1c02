"""What MLflow's client raises, and the libraries under it, as this package's errors."""

from __future__ import annotations

import re
from textwrap import shorten

from mlflow_exporter.errors import MlflowExporterError, RegistryError, RegistryUnavailable
from mlflow_exporter.registry.address import Address

_LONGEST = 400
_PAGE = re.compile(r"'?\s*<(!doctype|html|\?xml)\b.*", re.IGNORECASE | re.DOTALL)
_REFUSALS = ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED")
_CREDENTIALS = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
_CHECK = "check that MLflow runs there and `mlflow.tracking_uri` is right"


def unanswered(address: Address, seconds: float) -> RegistryUnavailable:
    """The error for a call that was not over in time."""
    mend = f"{_CHECK}, or raise `mlflow.timeout`"
    return RegistryUnavailable(f"MLflow did not answer within {seconds:g} s", where=str(address), mend=mend)


def translated(error: BaseException, address: Address) -> MlflowExporterError:
    """The error of this package that says what the other one does, without the address's secrets."""
    if isinstance(error, MlflowExporterError):
        return error
    if _is_silence(error):
        reason = _reason(_chain(error)[-1], address)
        return RegistryUnavailable(f"MLflow did not answer ({reason})", where=str(address), mend=_CHECK)
    if _PAGE.search(_text(error)):
        what = f"what answers there is no MLflow server ({_reason(error, address)})"
        return RegistryError(what, where=str(address), mend=_CHECK)
    reason = _reason(error, address)
    if isinstance(error, ImportError):
        return RegistryError(reason, where=str(address), mend="install the library that this store needs")
    mend = _CREDENTIALS if _code(error) in _REFUSALS else "see MLflow's own log"
    return RegistryError(f"MLflow refused ({reason})", where=str(address), mend=mend)


def is_absence(error: BaseException) -> bool:
    """Whether MLflow answered that there is no such thing."""
    return _code(error) == "RESOURCE_DOES_NOT_EXIST"


def _is_silence(error: BaseException) -> bool:
    from requests import exceptions  # noqa: PLC0415 - loads with MLflow's client

    silent = (exceptions.ConnectionError, exceptions.Timeout, exceptions.RetryError, exceptions.ChunkedEncodingError)
    unavailable = _code(error) == "TEMPORARILY_UNAVAILABLE"
    return unavailable or any(isinstance(cause, (*silent, ConnectionError, TimeoutError)) for cause in _chain(error))


def _chain(error: BaseException) -> list[BaseException]:
    # From the error to what it was raised for; MLflow raises its own while it handles another, hence `__context__`.
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain


def _reason(error: BaseException, address: Address) -> str:
    # Secrets first: half of one would not be found. What a web page says is of no use.
    return shorten(_PAGE.sub("a web page", address.hide(_text(error))), _LONGEST, placeholder=" …")


def _text(error: BaseException) -> str:
    # OSError puts its number in front of the text.
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error).strip() or type(error).__name__


def _code(error: BaseException) -> str:
    return str(getattr(error, "error_code", ""))

"""Why a request is refused, in a word for the log: the message has names, the log needs a kind to count by."""

from __future__ import annotations

from typing import ClassVar

from werkzeug.exceptions import BadRequest


class Refusal(BadRequest):
    """A request that is refused with status 400."""

    reason: ClassVar[str]


class Unreadable(Refusal):
    """The body is not what its Content-Type says, or not of the protocol."""

    reason = "unreadable"


class TooLarge(Refusal):
    """The body has more rows, values or bytes than a request may have."""

    reason = "too_large"


class Unfit(Refusal):
    """The rows do not fit the model's signature."""

    reason = "signature"


class MixedKeys(Refusal):
    """The rows belong to several versions of a split."""

    reason = "several_keys"

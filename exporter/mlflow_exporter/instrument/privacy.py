"""What of a row is personal: columns that are left out of the log, columns that are hashed, rows that are not kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from mlflow_exporter.instrument.outputs import class_name
from mlflow_exporter.instrument.records import Record

DIGEST_BYTES: Final = 16
MOST_KEY_BYTES: Final = 64
_ALL: Final = 2**64


class Privacy:
    """Takes from a record what the log may not have.

    `hashed` columns become the BLAKE2b of their text under a secret `key` (RFC 7693), so that equal values stay equal
    and only who has the key can find out which they were by trying.

    Raises ValueError where columns are to be hashed without a key, or with one of more than 64 bytes.
    """

    def __init__(self, leave_out: Sequence[str], hashed: Sequence[str], key: str | bytes | None) -> None:
        self._left_out, self._hashed = tuple(leave_out), tuple(hashed)
        self._key = key.encode() if isinstance(key, str) else key or b""
        if self._hashed and not 0 < len(self._key) <= MOST_KEY_BYTES:
            raise ValueError(
                f"hashed columns need a secret key of 1 to {MOST_KEY_BYTES} bytes, the same in all servers"
            )

    def apply(self, record: Record) -> Record:
        """The record, changed in place; what is missing stays missing."""
        for name in self._left_out:
            record.pop(name, None)
        for name in self._hashed:
            if record.get(name) is not None:
                record[name] = self._hash(record[name])
        return record

    def _hash(self, value: Any) -> str:
        return hashlib.blake2b(class_name(value).encode(), key=self._key, digest_size=DIGEST_BYTES).hexdigest()


def is_sampled(identifier: str, share: float) -> bool:
    """Whether a row is in the sample: the same answer for the same identifier, in every server and at any time.

    A sample of a smaller share is part of every larger one.

    >>> [is_sampled("order-1", share) for share in (0.0, 0.5, 1.0)]
    [False, False, True]
    """
    digest = hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) < share * _ALL

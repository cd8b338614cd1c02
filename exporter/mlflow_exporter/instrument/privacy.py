"""What of a row is personal: columns that are left out of the log, columns that are hashed, rows that are not kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from mlflow_exporter.instrument.blocks import Block
from mlflow_exporter.instrument.values import as_list, class_name, is_missing

DIGEST_BYTES: Final = 16
MOST_KEY_BYTES: Final = 64
_NAME: Final = "request_id"
_ALL: Final = 2**64


class Privacy:
    """Takes from rows what the log may not have.

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

    def apply(self, block: Block) -> Block:
        """The rows without it; what is missing stays missing."""
        if not (self._left_out or self._hashed):
            return block
        same = {name: self._told(name, [value])[0] for name, value in block.same.items() if name not in self._left_out}
        columns = {
            name: self._told(name, values) for name, values in block.columns.items() if name not in self._left_out
        }
        return Block(block.rows, same, columns)

    def _told(self, name: str, values: Any) -> Any:
        return list(map(self._hash, as_list(values))) if name in self._hashed else values

    def _hash(self, value: Any) -> str | None:
        if is_missing(value):
            return None
        return hashlib.blake2b(class_name(value).encode(), key=self._key, digest_size=DIGEST_BYTES).hexdigest()


def sampled(block: Block, share: float) -> Block:
    """The rows that are in the sample, chosen by their identifiers; raises KeyError where these are missing."""
    if share >= 1:
        return block
    return block.chosen([is_sampled(str(identifier), share) for identifier in as_list(block.columns[_NAME])])


def is_sampled(identifier: str, share: float) -> bool:
    """Whether a row is in the sample: the same answer for the same identifier, in every server and at any time.

    A sample of a smaller share is part of every larger one.

    >>> [is_sampled("order-1", share) for share in (0.0, 0.5, 1.0)]
    [False, True, True]
    """
    digest = hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) < share * _ALL

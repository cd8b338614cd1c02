"""Which rows have been counted already: what keeps a row that comes twice from being counted twice.

A row is known by its id, or, where the log has none, by its values. Identities are noted by five-minute slots of
event time, eight bytes a row, as long as rows are kept. A log with ids never counts one twice in a slot; a log
without is compared only when a file is read anew (it was truncated or replaced, or the model has a new baseline),
since two rows of equal values may both be true: then as many of them are known as were counted before.

Each version of a model has a stream of its own, and a row is counted in one of them only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.engines.rows import Refusals, Rows
from mlflow_exporter.evaluation.buckets import FINE, whole
from mlflow_exporter.profiles.layout import Ints
from mlflow_exporter.sources.source import Chunk
from mlflow_exporter.state.ledger import Entry, Ledger
from mlflow_exporter.state.store import Store

Identities = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Identified:
    """The rows of a chunk, known by `identities` (n,) in `slots` (n,) of time.

    `duplicates` (n,) repeat an id; `recognised` (n,) were counted before their file was read anew, or in the stream
    of another version.
    """

    slots: Ints
    identities: Identities
    duplicates: Mask
    recognised: Mask


@dataclass(frozen=True)
class Identifier:
    """Tells the rows of a stream apart; `others` are the streams of the model's other versions.

    A `timeless` one is a snapshot's, which is never read on: without ids nothing of it needs to be noted.
    """

    stream: int
    others: tuple[int, ...] = ()
    has_ids: bool = True
    timeless: bool = False

    def identify(self, store: Store, chunk: Chunk, rows: Rows, refusals: Refusals) -> Identified:
        """Tell the rows that were counted before from new ones, and refuse them."""
        slots = slots_of(rows, refusals.kept)
        identities = rows.keys[:, 0] ^ (slots.astype(np.uint64) * _ODD)
        kept = refusals.kept
        duplicates = recognised = np.zeros(len(slots), np.bool_)
        if self.has_ids:
            noted = self._noted(store, slots[kept])
            here = _packed(entry for entry in noted if self._is_of_this_reading(entry, chunk))
            elsewhere = _packed(entry for entry in noted if not self._is_of_this_reading(entry, chunk))
            recognised = kept & np.isin(identities, elsewhere)
            duplicates = kept & ~recognised & (np.isin(identities, here) | _repeated(identities, kept))
        elif chunk.generation:
            noted = self._noted(store, slots[kept], chunk.known_as)
            recognised = _met_before(identities, kept, noted, chunk)
        before = "it was counted before its file was read anew, or as another version's"
        refusals.refuse(recognised, "already_counted", lambda _: before)
        refusals.refuse(duplicates, "duplicate_id", lambda _: "a row with this id has been counted")
        return Identified(slots, identities, duplicates, recognised)

    def note(self, ledger: Ledger, chunk: Chunk, found: Identified, kept: Mask) -> None:
        """Remember the rows that are counted, and, where only their number tells, those that were met again."""
        if self.has_ids:
            ledger.note(self._entries(chunk, found, kept, counted=True))
        elif not self.timeless:
            ledger.note(self._entries(chunk, found, kept, counted=True))
            if found.recognised.any():
                ledger.note(self._entries(chunk, found, found.recognised, counted=False))

    def _noted(self, store: Store, slots: Ints, item: str | None = None) -> list[Entry]:
        with store.reading() as transaction:
            return list(transaction.ledger.noted((self.stream, *self.others), np.unique(slots).tolist(), item))

    def _is_of_this_reading(self, entry: Entry, chunk: Chunk) -> bool:
        """Whether a row that was noted is a repetition, and not the same row read again."""
        if entry.stream != self.stream:
            return False
        return not chunk.generation or (entry.item, entry.generation) == (chunk.known_as, chunk.generation)

    def _entries(self, chunk: Chunk, found: Identified, chosen: Mask, *, counted: bool) -> Iterator[Entry]:
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(found.slots[rows], kind="stable")]
        slots, starts = np.unique(found.slots[rows], return_index=True)
        parts = np.split(found.identities[rows], starts[1:])
        for slot, part in zip(slots.tolist(), parts, strict=False):
            yield Entry(self.stream, slot, chunk.known_as, chunk.generation, part.tobytes(), counted)


def slots_of(rows: Rows, kept: Mask) -> Ints:
    """(n,) the time slot of each kept row; 0 for the others, and where the log has no times."""
    if rows.times is None:
        return np.zeros(len(kept), np.int64)
    return whole(np.where(kept, rows.times, 0), FINE)


def _packed(entries: Iterable[Entry]) -> Identities:
    return np.frombuffer(b"".join(entry.identities for entry in entries), np.uint64)


def _repeated(identities: Identities, kept: Mask) -> Mask:
    """Which kept rows come after another of the same identity."""
    positions = np.flatnonzero(kept)
    _, first = np.unique(identities[positions], return_index=True)
    repeated = kept.copy()
    repeated[positions[first]] = False
    return repeated


def _met_before(identities: Identities, kept: Mask, noted: list[Entry], chunk: Chunk) -> Mask:
    """Which kept rows earlier generations of the file have had: of equal rows as many as were counted of them."""
    positions = np.flatnonzero(kept)
    distinct, codes = np.unique(identities[positions], return_inverse=True)
    earlier = [entry for entry in noted if entry.counted and entry.generation != chunk.generation]
    so_far = [entry for entry in noted if entry.generation == chunk.generation]
    to_come = _occurrences(_packed(earlier), distinct) - _occurrences(_packed(so_far), distinct)
    known = np.zeros(len(kept), np.bool_)
    known[positions] = _ranks(codes) < to_come[codes]
    return known


def _occurrences(noted: Identities, distinct: Identities) -> Ints:
    """(d,) how often each of `distinct`, ascending, was noted."""
    found = np.sort(noted)
    return np.searchsorted(found, distinct, side="right") - np.searchsorted(found, distinct, side="left")


def _ranks(codes: Ints) -> Ints:
    """(n,) how many equal codes come before each.

    >>> _ranks(np.array([5, 7, 5, 5])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    ranks = np.empty(len(codes), np.int64)
    ranks[order] = np.arange(len(codes)) - np.searchsorted(ordered, ordered, side="left")
    return ranks

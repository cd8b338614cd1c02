"""Which rows have been counted already: what keeps a row that comes twice from being counted twice.

A row is known by its id, or, where the log has none, by its values. Identities are noted by five-minute slots of
event time, eight bytes a row, as long as rows are kept. A log with ids never counts one twice in a slot; a log
without is compared only when a file is read anew after it was truncated or replaced, since two rows of equal values
may both be true: then as many of them are known as the file has had before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlflow_exporter.engines.rows import Refusals, Rows
from mlflow_exporter.evaluation.buckets import FINE
from mlflow_exporter.profiles.layout import Ints
from mlflow_exporter.sources.source import Chunk
from mlflow_exporter.state.ledger import Entry, Ledger

Identities = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Identified:
    """The rows of a chunk, known by `identities` (n,) in `slots` (n,) of time.

    `duplicates` (n,) repeat an id; `recognised` (n,) were counted before their file was replaced.
    """

    slots: Ints
    identities: Identities
    duplicates: Mask
    recognised: Mask


def identify(ledger: Ledger, stream: int, chunk: Chunk, rows: Rows, refusals: Refusals, *, has_ids: bool) -> Identified:
    """Tell the rows that were counted before from new ones, and refuse them."""
    slots = slots_of(rows, refusals.kept)
    identities = rows.keys[:, 0] ^ (slots.astype(np.uint64) * _ODD)
    chosen = np.unique(slots[refusals.kept]).tolist()
    anew = chunk.generation > 0
    none = np.zeros(len(slots), np.bool_)
    duplicates = recognised = none
    if has_ids:
        known = np.isin(identities, _packed(ledger.noted(stream, chosen)))
        recognised = known & refusals.kept if anew else none
        duplicates = (known | _repeated(identities, refusals.kept)) & refusals.kept & ~recognised
    elif anew:
        recognised = _met_before(identities, refusals.kept, list(ledger.noted(stream, chosen, chunk.known_as)), chunk)
    refusals.refuse(recognised, "already_counted", lambda _: "it was counted before the file was replaced")
    refusals.refuse(duplicates, "duplicate_id", lambda _: "a row with this id has been counted")
    return Identified(slots, identities, duplicates, recognised)


def note(ledger: Ledger, stream: int, chunk: Chunk, found: Identified, kept: Mask) -> None:
    """Remember the rows that are counted, and which a replaced file has had again."""
    chosen = np.flatnonzero(kept | found.recognised)
    chosen = chosen[np.argsort(found.slots[chosen], kind="stable")]
    slots, starts = np.unique(found.slots[chosen], return_index=True)
    parts = np.split(found.identities[chosen], starts[1:])
    named = zip(slots.tolist(), parts, strict=False)
    ledger.note(stream, [Entry(slot, chunk.known_as, chunk.generation, part.tobytes()) for slot, part in named])


def slots_of(rows: Rows, kept: Mask) -> Ints:
    """(n,) the time slot of each kept row; 0 for the others, and where the log has no times."""
    if rows.times is None:
        return np.zeros(len(kept), np.int64)
    slots: Ints = np.floor_divide(np.where(kept, rows.times, 0), FINE).astype(np.int64) * FINE
    return slots


def _packed(entries: Iterator[Entry] | list[Entry]) -> Identities:
    return np.frombuffer(b"".join(entry.identities for entry in entries), np.uint64)


def _repeated(identities: Identities, kept: Mask) -> Mask:
    """Which kept rows come after another of the same identity."""
    positions = np.flatnonzero(kept)
    _, first = np.unique(identities[positions], return_index=True)
    repeated = kept.copy()
    repeated[positions[first]] = False
    return repeated


def _met_before(identities: Identities, kept: Mask, noted: list[Entry], chunk: Chunk) -> Mask:
    """Which kept rows an earlier generation of the file has had: as many of equal rows as the one with the most."""
    positions = np.flatnonzero(kept)
    distinct, codes = np.unique(identities[positions], return_inverse=True)
    before = np.zeros(len(distinct), np.int64)
    for generation in {entry.generation for entry in noted} - {chunk.generation}:
        of_generation = _packed([entry for entry in noted if entry.generation == generation])
        before = np.maximum(before, _occurrences(of_generation, distinct))
    so_far = _occurrences(_packed([entry for entry in noted if entry.generation == chunk.generation]), distinct)
    known = np.zeros(len(kept), np.bool_)
    known[positions] = so_far[codes] + _ranks(codes) < before[codes]
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

"""A text file from where it was left: cut into blocks of lines, made into chunks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import pyarrow as pa

from mlflow_exporter.domain import Problem
from mlflow_exporter.sources.formats import delimited, jsonlines
from mlflow_exporter.sources.formats.continuation import Content, Start, after, beginning, compare
from mlflow_exporter.sources.formats.detection import Encoding, Format, format_of_text
from mlflow_exporter.sources.formats.discovery import Item
from mlflow_exporter.sources.formats.lines import LineParser, Parsed
from mlflow_exporter.sources.formats.positions import TextPosition, dump
from mlflow_exporter.sources.formats.streams import ByteStream, blocks
from mlflow_exporter.sources.source import Chunk, Types


@dataclass(frozen=True, slots=True)
class TextReader:
    """Reads text files in blocks of about `block_bytes`.

    A plain file that may grow (not `is_final`) keeps its last line back until that has an end. Compressed text is
    written once, so its last line counts.
    """

    block_bytes: int
    is_final: bool

    def read(
        self,
        item: Item,
        file: pa.NativeFile,
        encoding: Encoding,
        position: TextPosition | None,
        types: Types,
        *,
        settled: bool,
    ) -> Iterator[Chunk | Problem]:
        """The open file's rows after the position; `settled` tells that nobody has written to it for a while.

        Raises OSError and SourceError where the file cannot be read.
        """
        is_final = self.is_final or encoding.compression is not None
        with closing(ByteStream(file, encoding.compression)) as stream:
            content, start = compare(stream, position or TextPosition(item.stamp))
            if content is not Content.SAME:
                yield _notice(item, start.position, content, settled=settled)
                if content is Content.SHORTER and not settled:
                    return
            parser = _open_parser(item.path, encoding, stream.head, types, is_final=is_final)
            if parser is None:  # not even the header is complete
                return
            yield from parser.problems
            known = start.position
            if content is not Content.SAME:
                start = beginning(stream, parser.preamble, item.stamp, known.generation + 1, known.lineage)
            elif known.offset < parser.preamble:
                start = beginning(stream, parser.preamble, item.stamp, known.generation, known.lineage)
            yield from self._chunks(item, stream, start, parser, is_final=is_final)

    def _chunks(
        self, item: Item, stream: ByteStream, start: Start, parser: LineParser, *, is_final: bool
    ) -> Iterator[Chunk]:
        for block in blocks(stream, self.block_bytes, is_final=is_final):
            parsed = parser.parse(block.lines, start.position.lines + 1)
            reached = after(start, block, stream, item.stamp)
            yield _chunk(item, start.position, reached.position, parsed)
            start = reached
        unfinished = stream.offset - start.position.offset
        end = replace(start.position, stamp=item.stamp, complete=True, unfinished=unfinished)
        if end != start.position:
            yield _chunk(item, start.position, end, Parsed(pa.table({})))


def is_continued(path: str, encoding: Encoding, position: TextPosition) -> bool:
    """Whether a file begins with what was read up to this position.

    Raises OSError where it cannot be read.
    """
    with closing(ByteStream(pa.OSFile(path), encoding.compression)) as stream:
        content, _ = compare(stream, position)
        return content is Content.SAME


def _open_parser(path: str, encoding: Encoding, head: bytes, types: Types, *, is_final: bool) -> LineParser | None:
    if (encoding.format or format_of_text(head)) is Format.JSON_LINES:
        return jsonlines.open_parser(path, head, types)
    return delimited.open_parser(path, head, types, is_final=is_final)


def _chunk(item: Item, start: TextPosition, end: TextPosition, parsed: Parsed) -> Chunk:
    return Chunk(
        origin=f"{item.path}, lines {start.lines + 1:,}–{end.lines:,}",
        item=item.path,
        position=dump(end),
        generation=end.generation,
        rows=parsed.table.num_rows,
        schema=parsed.table.schema,
        load=lambda columns: parsed.table.select(list(columns)),
        ignored=parsed.ignored,
        rejections=parsed.rejections,
        lineage=end.lineage,
        in_memory=True,
    )


def _notice(item: Item, position: TextPosition, content: Content, *, settled: bool) -> Problem:
    anew = "it is read from its start again, and the rows counted before stay counted"
    if content is Content.OTHER:
        return Problem(item.path, f"was replaced by other content; {anew}", "give each new log a name of its own")
    shorter = f"is shorter than what was read of it (of {position.offset:,} bytes)"
    if settled:
        return Problem(item.path, f"{shorter}; {anew}", "do not cut a log that is being read")
    return Problem(
        item.path,
        f"{shorter}; nothing is read until it is long enough again, or left alone",
        "replace a file by renaming a finished one, so that no half of it is seen",
    )

"""RESULTS.md: one section a benchmark, replaced whole by each run."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")

_INTRODUCTION = """# Results

Written by `make bench` and `make bench-drift`. Absolute times belong to the machine that is named; what counts are
the ratios, whose two sides were measured in one run.
"""


def write_section(name: str, markdown: str) -> None:
    """Put a section in the place of the one of the same name, and print it."""
    text = RESULTS.read_text() if RESULTS.exists() else _INTRODUCTION
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    section = f"{begin}\n{markdown.strip()}\n{end}"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    found = pattern.search(text)
    text = pattern.sub(lambda _: section, text) if found else f"{text.rstrip()}\n\n{section}\n"
    RESULTS.write_text(text)
    print(markdown.strip())


def machine() -> str:
    """The processor, its cores and Python, in a line."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if ":" in line]
        names = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        cores = sum(line.startswith("processor") for line in lines)
        model = f"{names.get('model name', model)}, {cores} cores"
    return f"{model}, Python {platform.python_version()}"


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [" | ".join(header), " | ".join(["---"] + ["---:"] * (len(header) - 1))]
    lines += [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)

"""The record: the last finding of each benchmark, every sample of it, kept as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from benchmarks.circumstances import Circumstances
from benchmarks.finding import Finding


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding with the circumstances that it was made in."""

    circumstances: Circumstances
    finding: Finding


Record = dict[str, Kept]
"""By the benchmark's name."""

_JSON: Final = TypeAdapter(Record)


def read(path: Path) -> Record:
    """What was kept; nothing where nothing was yet."""
    return _JSON.validate_json(path.read_bytes()) if path.exists() else {}


def keep(path: Path, name: str, kept: Kept) -> Record:
    """Put one benchmark's finding in the place of its last; all that is kept now."""
    record = read(path) | {name: kept}
    path.write_bytes(_JSON.dump_json(record, indent=1) + b"\n")
    return record

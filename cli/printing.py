"""Printing: rows as aligned columns for people, as JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from uuid import UUID

import click

from shared.domain.money import Money


def print_json(value: object) -> None:
    """Print the value: dataclasses as objects, instants in ISO 8601, money as both its parts."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def plain(value: object) -> object:
    """The value as JSON has it."""
    match value:
        case Money():
            return {"amount_minor": value.amount_minor, "currency": value.currency}
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(name): plain(each) for name, each in value.items()}
        case list() | tuple() | frozenset():
            return [plain(each) for each in value]
        case _ if is_dataclass(value):
            return facts(value)
        case _:
            return value


def facts(record: object) -> dict[str, object]:
    """A dataclass as an object of JSON."""
    assert is_dataclass(record)
    return {field.name: plain(getattr(record, field.name)) for field in fields(record)}


def print_table(
    names: Sequence[str], rows: Iterable[Sequence[object]], *, whole: bool = False
) -> None:
    """Print the rows under the names, each column as wide as it must be.

    On a terminal the last is cut where it does not fit, unless all is to be read `whole`.
    """
    cells = [[name.upper() for name in names], *([_cell(each) for each in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(names) - 1)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        told = f"{line}  {row[-1]}".strip() if widths else row[-1]
        click.echo(told if whole else cut(told))


def print_facts(known: Mapping[str, object]) -> None:
    """Print what is known, a line each."""
    width = max(map(len, known), default=0)
    for name, value in known.items():
        click.echo(cut(f"{name.replace('_', ' '):{width}}  {_cell(value)}"))


def cut(line: str) -> str:
    """The line, as far as the terminal shows it; whole where it goes elsewhere."""
    width = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0
    return f"{line[: width - 1]}…" if 0 < width < len(line) else line


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case dict() | list():
            return json.dumps(plain(value), ensure_ascii=False)
        case _:
            return str(value)

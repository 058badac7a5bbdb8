"""What may be kept and shown of an outcome: all of it but secrets."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta

from shared.domain import outcomes as o

Shown = str | int | bool | None | list[str] | dict[str, "Shown"]
"""What stands in JSON as it is."""


def facts_of(outcome: o.Outcome) -> dict[str, Shown]:
    """The outcome's name with its fields; what has no repr is a secret and stays out."""
    return {"outcome": type(outcome).__name__} | _fields(outcome)


def _fields(value: o.Outcome | o.Card) -> dict[str, Shown]:
    named = ((field.name, getattr(value, field.name)) for field in fields(value) if field.repr)
    return {name: _shown(found) for name, found in named if found is not None}


def _shown(value: object) -> Shown:
    match value:
        case o.NextAction(kind):
            return kind  # its link may carry the payer's secret
        case o.Card():
            return _fields(value)
        case frozenset():
            return sorted(map(str, value))
        case timedelta():
            return int(value.total_seconds())
        case datetime():
            return value.isoformat()
        case bool() | int():
            return value
        case _:
            return str(value)

"""The portrait: all that statements wrote, in words that two databases can agree on."""

from __future__ import annotations

from typing import Final

from proof.tables import Row
from proof.world import Ground

_TABLES: Final = (
    *("orders", "charges", "attempts", "transitions", "webhook_events"),
    *("refunds", "stray_captures", "refund_transitions", "circuits", "circuit_changes"),
)
_BY_CHANCE: Final = frozenset(
    # an id or a hash that differs, or JSON whose instants are texts in one of them
    "id circuit_id event_id order_id instrument_fingerprint identifier evidence".split()
) | {"payment_mode", "refund_id", "stray_capture_id"}


def portrait(ground: Ground) -> dict[str, list[Row]]:
    """Every row but what differs by chance; a charge is named by its place among the charges."""
    places = {row["id"]: place for place, row in enumerate(ground.rows("charges"))}
    return {table: [_shown(row, places) for row in ground.rows(table)] for table in _TABLES}


def _shown(row: Row, places: dict[int, int]) -> Row:
    shown = {name: _plain(value) for name, value in row.items() if name not in _BY_CHANCE}
    return shown | {"charge_id": places.get(row.get("charge_id", 0))}


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value

"""The comparison of our rows with a provider's ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.movements import Kind, Movement


class DifferenceType(StrEnum):
    """How the two do not agree."""

    MISSING_HERE = "missing_here"  # it is about a charge of ours, which does not know it
    MISSING_THERE = "missing_there"  # we say that money moved, the ledger does not
    AMOUNT = "amount"
    CURRENCY = "currency"
    DUPLICATE = "duplicate"  # a second capture for a charge that has one
    UNKNOWN = "unknown"  # a capture that names no charge of ours
    ORPHAN = "orphan"  # a refund or dispute of a capture that is not ours


@dataclass(frozen=True, slots=True)
class Entry:
    """What one of our rows expects in the ledger."""

    kind: Kind
    object_reference: str
    charge_id: int
    currency: str
    allowed: frozenset[int]
    """The sums, in minor units and signed, that agree with the row as it stands."""
    is_due: bool
    """The ledger must have it by now."""


@dataclass(frozen=True, slots=True)
class Named:
    """The charge of ours that a movement without an entry is about."""

    charge_id: int
    is_captured: bool
    is_under_review: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which the two do not agree."""

    type: DifferenceType
    kind: Kind
    object_reference: str
    charge_id: int | None
    ours: str | None
    theirs: str | None
    explanation: str | None = None
    """None: somebody has to find one."""


Key = tuple[Kind, str]


def compare(
    ours: Iterable[Entry], theirs: Iterable[Movement], named: Mapping[str, Named]
) -> list[Difference]:
    """Say where they differ. `named` is by object, for movements without an entry. Pure."""
    entries = {(entry.kind, entry.object_reference): entry for entry in ours}
    moved = grouped(theirs)
    seen = [_judge(key, lines, entries.get(key), named) for key, lines in moved.items()]
    unseen = [_missing_there(entry) for key, entry in entries.items() if key not in moved]
    return [difference for difference in [*seen, *unseen] if difference is not None]


def grouped(theirs: Iterable[Movement]) -> dict[Key, list[Movement]]:
    """The movements by what moved them, those left out that concern no charge."""
    groups: dict[Key, list[Movement]] = {}
    for line in theirs:
        if line.kind is not Kind.OTHER:
            groups.setdefault((line.kind, line.object_reference), []).append(line)
    return groups


def _judge(
    key: Key, lines: list[Movement], entry: Entry | None, named: Mapping[str, Named]
) -> Difference | None:
    kind, reference = key
    if entry is None:
        return _without_entry(kind, reference, lines, named.get(reference))
    currencies = {line.money.currency for line in lines}
    net = sum(line.money.amount_minor for line in lines)
    if currencies != {entry.currency}:
        type_ = DifferenceType.CURRENCY
    elif net not in entry.allowed:
        type_ = DifferenceType.AMOUNT
    else:
        return None
    return Difference(type_, kind, reference, entry.charge_id, _expected(entry), _net(lines))


def _without_entry(
    kind: Kind, reference: str, lines: list[Movement], named: Named | None
) -> Difference:
    if named is None:
        type_ = DifferenceType.UNKNOWN if kind is Kind.CAPTURE else DifferenceType.ORPHAN
        return Difference(type_, kind, reference, None, None, _net(lines))
    is_second = kind is Kind.CAPTURE and named.is_captured
    type_ = DifferenceType.DUPLICATE if is_second else DifferenceType.MISSING_HERE
    explanation = "the charge is before a person" if named.is_under_review else None
    return Difference(type_, kind, reference, named.charge_id, None, _net(lines), explanation)


def _missing_there(entry: Entry) -> Difference | None:
    if not entry.is_due:
        return None
    return Difference(
        DifferenceType.MISSING_THERE,
        entry.kind,
        entry.object_reference,
        entry.charge_id,
        _expected(entry),
        None,
    )


def _expected(entry: Entry) -> str:
    return " or ".join(f"{units} {entry.currency}" for units in sorted(entry.allowed))


def _net(lines: list[Movement]) -> str:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.money.currency] = sums.get(line.money.currency, 0) + line.money.amount_minor
    return ", ".join(f"{units} {currency}" for currency, units in sorted(sums.items()))

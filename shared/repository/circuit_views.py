"""Circuits as they are shown: which are not closed, and what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from shared.domain.charge import Provider
from shared.domain.circuit import Sign, State


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A circuit through which no calls are made, with what waits for it."""

    provider: Provider
    account: str
    state: State
    cause: Sign
    actor: str
    """Who made it so: a worker that met the cause, or an operator."""
    reason: str
    since: datetime
    rests_until: datetime | None
    """When a call may be its probe; None while it is paused."""
    charges: int
    refunds: int


_UNCLOSED: Final = text("""
    SELECT h.provider, h.account, h.state, h.cause, h.reason, h.changed_at, h.probe_at,
        (SELECT actor FROM circuit_changes WHERE circuit_id = h.id
            ORDER BY id DESC LIMIT 1) AS actor,
        (SELECT count(*) FROM charges c WHERE c.dispatch_at IS NOT NULL
            AND c.provider = h.provider AND coalesce(c.account, '') = h.account) AS charges,
        (SELECT count(*) FROM refunds r JOIN charges c ON c.id = r.charge_id
            WHERE r.dispatch_at IS NOT NULL
            AND c.provider = h.provider AND coalesce(c.account, '') = h.account) AS refunds
    FROM circuits h WHERE h.state <> 'closed' ORDER BY h.id
""")


def unclosed_circuits(connection: Connection) -> list[Unclosed]:
    """Every circuit that is open or paused."""
    return [
        Unclosed(
            provider=Provider(row.provider),
            account=row.account,
            state=State(row.state),
            cause=Sign(row.cause),
            actor=row.actor,
            reason=row.reason,
            since=row.changed_at,
            rests_until=row.probe_at,
            charges=row.charges,
            refunds=row.refunds,
        )
        for row in connection.execute(_UNCLOSED)
    ]


def unclosed_circuit(
    connection: Connection, provider: Provider, account: str | None
) -> Unclosed | None:
    """The account's circuit where it is open or paused; the platform's own account is None."""
    key = (provider, account or "")
    found = (each for each in unclosed_circuits(connection) if (each.provider, each.account) == key)
    return next(found, None)


def why_it_is_held(circuit: Unclosed) -> str:
    """Who or what holds the account's calls, a sentence."""
    whose = f"{circuit.provider} {circuit.account}".strip()
    since = f"{circuit.since:%Y-%m-%d %H:%M:%S} UTC"
    if circuit.state is State.PAUSED:
        return f"{circuit.actor} paused {whose} at {since}: {circuit.reason}."
    until = circuit.rests_until
    probe = f", next tried at {until:%Y-%m-%d %H:%M:%S} UTC" if until else ""
    return f"No calls go to {whose} since {since}{probe}: {circuit.reason}."

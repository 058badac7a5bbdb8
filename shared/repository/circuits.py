"""Circuits: whether an account at a provider may be called, the same for all workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, text, update

from shared.circuit_tables import circuit_changes, circuits
from shared.domain.circuit import OUR_FAULT, Circuit, Key, Sign, State, closed, paused

JOIN_CIRCUIT: Final = (
    "LEFT JOIN circuits h ON h.provider = c.provider AND h.account = coalesce(c.account, '')"
)
IS_HELD: Final = """
    coalesce(h.state = 'paused' OR h.state = 'open' AND h.probe_at > :now, false)
"""
"""Of a charge `c` joined so: whether no call may be made for it now."""

MAY_BE_READ: Final = """
    NOT EXISTS (SELECT FROM circuits h
        WHERE (h.state = 'paused' OR h.state = 'open' AND h.probe_at > :now)
        AND h.provider = asked.provider AND h.account = coalesce(asked.account, ''))
"""
"""Of a row `asked` that is only to be read about at its provider. A read is no probe; but where
nothing else is due at an account, no probe is ever taken, and reads must not wait for one."""

HELD_UNTIL: Final = """
    coalesce(h.probe_at, :now + interval '1 minute')
        + 10 * (c.created_at - date_trunc('second', c.created_at))
"""
"""When a held row is looked at again: one of many then probes, soon after the rest. They are spread
over ten seconds by the fractions of the second at which they came."""

PROBED: Final = "CASE WHEN h.state = 'open' THEN h.id END"
PROBE: Final = """
    probe AS (
        UPDATE circuits SET probe_number = probe_number + 1, probe_at = :until
        FROM found WHERE circuits.id = found.circuit_id AND state = 'open' AND probe_at <= :now
        RETURNING probe_number
    )
"""
"""Half-open: whoever of many claims changes the row has the probe, until the lease ends."""
IS_LET_THROUGH: Final = "(found.circuit_id IS NULL OR probe.probe_number IS NOT NULL)"

_PAUSE_LOOK: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hold:
    """What a circuit means for a charge: nothing before `until`, and no blame for `excused`."""

    until: datetime | None
    excused: timedelta


_HOLD: Final = text("""
    SELECT h.state, h.probe_at, (
        SELECT coalesce(sum(least(span.until, :now) - greatest(span.at, :since)), interval '0')
        FROM (SELECT at, cause, lead(at, 1, :now) OVER (ORDER BY id) AS until
              FROM circuit_changes WHERE circuit_id = h.id) AS span
        WHERE span.cause = ANY(:causes) AND span.until > :since
    ) AS excused
    FROM circuits h WHERE h.provider = :provider AND h.account = :account
""")


def hold_of(connection: Connection, key: Key, *, since: datetime, now: datetime) -> Hold:
    """How the circuit holds back what began then."""
    arguments = {
        "provider": key.provider,
        "account": key.account,
        "since": since,
        "now": now,
        "causes": list(OUR_FAULT),
    }
    row = connection.execute(_HOLD, arguments).mappings().one_or_none()
    if row is None:
        return Hold(None, timedelta(0))
    until = now + _PAUSE_LOOK if row["state"] == State.PAUSED else row["probe_at"]
    return Hold(until, row["excused"])


@dataclass(frozen=True, slots=True)
class Change:
    """Why a circuit is changed, by whom."""

    actor: str
    reason: str
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Locked:
    """A circuit in hand within a transaction."""

    id: int
    key: Key
    circuit: Circuit


_ADD: Final = text("""
    INSERT INTO circuits (provider, account, changed_at) VALUES (:provider, :account, :now)
    ON CONFLICT DO NOTHING
""")
_LOCK: Final = text("""
    SELECT * FROM circuits WHERE provider = :provider AND account = :account FOR NO KEY UPDATE
""")


def lock_circuit(connection: Connection, key: Key, now: datetime) -> Locked:
    """The circuit, locked; a new one is closed."""
    arguments = {"provider": key.provider, "account": key.account}
    connection.execute(_ADD, arguments | {"now": now})
    row = connection.execute(_LOCK, arguments).mappings().one()
    circuit = Circuit(
        state=State(row["state"]),
        cause=Sign(row["cause"]) if row["cause"] else None,
        failures=row["failures"],
        probe_number=row["probe_number"],
        probe_at=row["probe_at"],
        changed_at=row["changed_at"],
    )
    return Locked(row["id"], key, circuit)


_WRITE: Final = update(circuits).where(circuits.c.id == bindparam("circuit"))
_APPEND: Final = circuit_changes.insert()


def write_circuit(
    connection: Connection, held: Locked, circuit: Circuit, change: Change, now: datetime
) -> None:
    """Write what became of the circuit, with who and why; closing it lets go of what it held."""
    before = held.circuit
    values = {
        "state": circuit.state,
        "cause": circuit.cause,
        "reason": change.reason,
        "failures": circuit.failures,
        "probe_at": circuit.probe_at,
        "changed_at": circuit.changed_at,
    }
    connection.execute(_WRITE, {"circuit": held.id} | values)
    if (circuit.state, circuit.cause) == (before.state, before.cause):
        return
    appended = {
        "circuit_id": held.id,
        "at": now,
        "actor": change.actor,
        "from_state": before.state,
        "to_state": circuit.state,
        "cause": circuit.cause,
        "reason": change.reason,
        "evidence": change.evidence,
    }
    connection.execute(_APPEND, appended)
    if circuit.state is State.CLOSED:
        _release(connection, held.key, now)


_RELEASE_CHARGES: Final = text("""
    UPDATE charges SET dispatch_at = :now + 5 * (created_at - date_trunc('second', created_at))
    WHERE id IN (
        SELECT id FROM charges
        WHERE provider = :provider AND coalesce(account, '') = :account AND dispatch_at > :now
          AND (next_attempt_at <= :now OR cancel_requested_at IS NOT NULL)
          AND (claimed_until IS NULL OR claimed_until <= :now) AND parked_reason IS NULL
        FOR NO KEY UPDATE SKIP LOCKED)
""")
_RELEASE_REFUNDS: Final = text("""
    UPDATE refunds SET dispatch_at = :now + 5 * (created_at - date_trunc('second', created_at))
    WHERE id IN (
        SELECT r.id FROM refunds r JOIN charges c ON c.id = r.charge_id
        WHERE c.provider = :provider AND coalesce(c.account, '') = :account
          AND r.dispatch_at > :now AND r.next_attempt_at <= :now
          AND (r.claimed_until IS NULL OR r.claimed_until <= :now)
        FOR NO KEY UPDATE OF r SKIP LOCKED)
""")


def _release(connection: Connection, key: Key, now: datetime) -> None:
    """Let what is due be told within five seconds, spread as above.

    What somebody has in hand at this moment is told anyway.
    """
    arguments = {
        "provider": key.provider,
        "account": key.account,
        "now": now,
    }
    connection.execute(_RELEASE_CHARGES, arguments)
    connection.execute(_RELEASE_REFUNDS, arguments)


def pause(connection: Connection, key: Key, *, actor: str, reason: str, now: datetime) -> None:
    """Let no call be made for the account until somebody resumes; on the wire nothing changes."""
    held = lock_circuit(connection, key, now)
    write_circuit(connection, held, paused(held.circuit, now), Change(actor, reason), now)


def resume(connection: Connection, key: Key, *, actor: str, reason: str, now: datetime) -> None:
    """Let calls be made again, whoever stopped them."""
    held = lock_circuit(connection, key, now)
    write_circuit(connection, held, closed(held.circuit, now), Change(actor, reason), now)

"""Charges: claiming, locking, finding and writing them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, TextClause, bindparam, text, update

from shared.batch import Writer
from shared.db import reading
from shared.domain.charge import Charge, OrderStatus, Provider, Status
from shared.domain.errors import UnknownRecord
from shared.domain.money import Money
from shared.repository.circuits import IS_HELD, IS_LET_THROUGH, JOIN_CIRCUIT, PROBE, PROBED
from shared.tables import charges as table

COLUMNS: Final = """
    c.id, c.identifier, c.order_id, o.identifier AS order_identifier, o.status AS order_status,
    c.provider, c.status, c.amount_minor, c.currency, c.account, c.provider_reference,
    c.capture_reference, c.amount_captured_minor, c.claim_number, c.created_at, c.instrument,
    c.attempts, c.paid_via
"""


@dataclass(frozen=True, slots=True)
class ClaimedCharge:
    """A charge held under a fencing number, with the status in which it was found."""

    charge: Charge
    sealed_instrument: bytes | None
    found_as: Status
    probe: int | None
    """The number of the probe that it is, where its circuit is half-open."""
    attempts: int
    """How many it has had."""

    @property
    def as_found(self) -> Charge:
        """The charge as it stood before the claim."""
        return replace(self.charge, status=self.found_as)


_CLAIM: Final = reading(
    f"{COLUMNS}, found_as, probe",
    f"""
    WITH found AS MATERIALIZED (
        SELECT c.id, c.status, {PROBED} AS circuit_id FROM charges c {JOIN_CIRCUIT}
        WHERE c.id = :id AND next_attempt_at <= :now
          AND status IN ('accepted', 'submitting', 'indeterminate')
          AND (claimed_until IS NULL OR claimed_until <= :now) AND parked_reason IS NULL
          AND (cancel_requested_at IS NULL OR status <> 'accepted')
          AND NOT {IS_HELD}
        FOR NO KEY UPDATE OF c
    ), {PROBE}
    UPDATE charges c SET
        status = CASE c.status WHEN 'accepted' THEN 'submitting' ELSE 'indeterminate' END,
        claim_number = c.claim_number + 1, claimed_until = :until, dispatch_at = :until,
        updated_at = :now
    FROM found LEFT JOIN probe ON true, orders o
    WHERE c.id = found.id AND o.id = c.order_id AND {IS_LET_THROUGH}
    RETURNING {COLUMNS}, found.status AS found_as, probe.probe_number AS probe
    """,  # noqa: S608 - the columns are a constant of this module
)


def claim_charge(
    connection: Connection, charge_id: int, *, now: datetime, until: datetime
) -> ClaimedCharge | None:
    """Take the charge exclusively until the lease ends, if its circuit lets a call pass.

    None where it is not due, taken, parked or held.

    A claim that outlived its lease is taken over: what its holder sent is unknown, so the charge
    is then indeterminate. Nothing new is sent for a charge that its buyer called off.
    """
    arguments = {"id": charge_id, "now": now, "until": until}
    row = connection.execute(_CLAIM, arguments).mappings().one_or_none()
    if row is None:
        return None
    sealed = row["instrument"]  # psycopg2 hands bytea out as a memoryview
    return ClaimedCharge(
        charge=charge_of(row),
        sealed_instrument=bytes(sealed) if sealed else None,
        found_as=Status(row["found_as"]),
        probe=row["probe"],
        attempts=row["attempts"],
    )


_READ: Final = (
    f"SELECT {COLUMNS} FROM orders o JOIN charges c ON c.order_id = o.id WHERE c.id = :id"  # noqa: S608 - as above
)
_ONE: Final = text(_READ)
_LOCK: Final = text(f"{_READ} FOR NO KEY UPDATE OF o, c")


def lock_charge(connection: Connection, charge_id: int) -> Charge:
    """The charge with its order, both locked, the order first: everybody locks in that order."""
    return _one(connection, _LOCK, charge_id)


def read_charge(connection: Connection, charge_id: int) -> Charge:
    """The charge with its order, as they stand."""
    return _one(connection, _ONE, charge_id)


def _one(connection: Connection, query: TextClause, charge_id: int) -> Charge:
    row = connection.execute(query, {"id": charge_id}).mappings().one_or_none()
    if row is None:
        raise UnknownRecord(f"charge {charge_id}")
    return charge_of(row)


_CONTESTED: Final = text("""
    SELECT EXISTS (SELECT FROM charges WHERE order_id = :order AND id <> :id
                   AND status NOT IN ('failed', 'canceled'))
""")


def is_contested(connection: Connection, charge: Charge) -> bool:
    """Whether another charge of the locked order has paid it, or may."""
    arguments = {"order": charge.order_id, "id": charge.id}
    return bool(connection.execute(_CONTESTED, arguments).scalar_one())


# OFFSET 0 keeps each look to the index of its own name: a new database's statistics say that
# hardly any charge is this provider's, and all of them would be read.
_FIND: Final = text("""
    SELECT id FROM (
        SELECT c.id, 0 AS distance FROM charges c
        WHERE c.provider = :provider AND coalesce(c.account, '') = coalesce(:account, '')
          AND c.capture_reference = ANY(:references)
        UNION ALL
        SELECT s.charge_id, 0 FROM stray_captures s
        WHERE s.provider = :provider AND coalesce(s.account, '') = coalesce(:account, '')
          AND s.capture_reference = ANY(:references)
        UNION ALL
        SELECT again.id, 1 FROM (SELECT * FROM charges WHERE provider = :provider
            AND provider_reference = ANY(:references) OFFSET 0) c
        JOIN charges again ON again.order_id = c.order_id
            AND (again.id = c.id OR (again.provider = 'paypal'
                AND again.provider_reference IS NULL AND again.instrument IS NOT NULL
                AND again.instrument_fingerprint = c.instrument_fingerprint))
        WHERE coalesce(c.account, '') = coalesce(:account, '')
        UNION ALL
        SELECT c.id, 2 FROM (SELECT id, provider, account FROM charges
            WHERE identifier = ANY(CAST(:ours AS uuid[])) OFFSET 0) c
        WHERE c.provider = :provider AND coalesce(c.account, '') = coalesce(:account, '')
        UNION ALL
        SELECT c.id, 3 FROM orders o CROSS JOIN LATERAL
            (SELECT id, provider, account FROM charges WHERE order_id = o.id OFFSET 0) c
        WHERE c.provider = :provider AND coalesce(c.account, '') = coalesce(:account, '')
          AND o.identifier = ANY(CAST(:ours AS uuid[]))
    ) AS candidate
    ORDER BY distance, id DESC LIMIT 1
""")


def find_charge(
    connection: Connection,
    provider: Provider,
    account: str | None,
    *,
    references: frozenset[str],
    ours: frozenset[str],
) -> int | None:
    """The id of the charge that an event speaks of: by the provider's ids, else by ours.

    A PayPal order that the buyer brings again, approved anew, is its live charge's.
    Of that account alone: what an organizer writes on objects of his must not reach another's.
    """
    arguments = {
        "provider": provider,
        "account": account,
        "references": sorted(references),
        "ours": sorted(ours),
    }
    return connection.execute(_FIND, arguments).scalar_one_or_none()


_UPDATE: Final = update(table).where(table.c.id == bindparam("charge"))


def update_charge(writer: Writer, charge_id: int, values: dict[str, Any]) -> None:
    """Write the named columns: called by the one door only."""
    writer.execute(_UPDATE, {"charge": charge_id} | values)


def charge_of(row: RowMapping) -> Charge:
    """The charge in a row that holds COLUMNS."""
    return Charge(
        id=row["id"],
        identifier=row["identifier"],
        order_id=row["order_id"],
        order_identifier=row["order_identifier"],
        order_status=OrderStatus(row["order_status"]),
        provider=Provider(row["provider"]),
        status=Status(row["status"]),
        money=Money(row["amount_minor"], row["currency"]),
        account=row["account"],
        provider_reference=row["provider_reference"],
        capture_reference=row["capture_reference"],
        claim_number=row["claim_number"],
        created_at=row["created_at"],
        is_captured=row["amount_captured_minor"] > 0,
        is_card_known=row["paid_via"] not in (None, "unknown"),
    )

"""Stripe authorizations: which organizer's account is charged for an event."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping, text

from shared.domain.charge import Provider


@dataclass(frozen=True, slots=True)
class Authorization:
    """An event's authorization as it stands, without its secrets."""

    id: int
    event_id: int
    account: str
    """What charges carry."""
    stripe_user_id: str | None
    """None where an organizer's own key is all there is."""
    publishable_key: str | None
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class SealedGrant:
    """What Stripe gave for an organizer's code, its tokens encrypted."""

    stripe_user_id: str
    publishable_key: str
    access_token: bytes = field(repr=False)
    refresh_token: bytes | None = field(repr=False)
    livemode: bool
    scope: str


_COLUMNS: Final = (
    "id, event_id, account, stripe_user_id, publishable_key, revoked_at IS NOT NULL AS is_revoked"
)
_READ: Final = f"SELECT {_COLUMNS} FROM stripe_authorizations"  # noqa: S608 a constant of this module
_BY_ID: Final = text(f"{_READ} WHERE id = :id")
_BY_ID_LOCKED: Final = text(f"{_READ} WHERE id = :id FOR UPDATE")
_BY_EVENT: Final = text(f"{_READ} WHERE event_id = :event")

_KNOWN: Final = text("""
    SELECT EXISTS (SELECT FROM stripe_authorizations WHERE account = :account)
        OR EXISTS (SELECT FROM charges
                   WHERE provider = :provider AND coalesce(account, '') = :account)
""")


def is_account_known(connection: Connection, provider: Provider, account: str) -> bool:
    """Whether an authorization, or a charge of the provider, names the account."""
    arguments = {"provider": provider, "account": account}
    return bool(connection.execute(_KNOWN, arguments).scalar_one())


_STORE: Final = text(f"""
    INSERT INTO stripe_authorizations (event_id, stripe_user_id, publishable_key, access_token,
                                       refresh_token, livemode, scope, authorized_at)
    VALUES (:event, :stripe_user_id, :publishable_key, :access_token, :refresh_token, :livemode,
            :scope, :now)
    ON CONFLICT ON CONSTRAINT uq_stripe_authorizations_event DO NOTHING RETURNING {_COLUMNS}
""")  # noqa: S608 as above

_RENEW: Final = text("""
    UPDATE stripe_authorizations SET
        stripe_user_id = :stripe_user_id, publishable_key = :publishable_key,
        access_token = :access_token, refresh_token = :refresh_token, livemode = :livemode,
        scope = :scope, authorized_at = :now, revoked_at = NULL
    WHERE id = :id
""")

_MOVE: Final = text("UPDATE stripe_authorizations SET event_id = :event WHERE id = :id")
_REVOKE: Final = text("""
    UPDATE stripe_authorizations SET revoked_at = coalesce(revoked_at, :now) WHERE id = :id
""")
_DELETE: Final = text("""
    DELETE FROM stripe_authorizations WHERE id = :id AND revoked_at IS NOT NULL
""")


def read_authorization(
    connection: Connection, row_id: int | None, *, lock: bool = False
) -> Authorization | None:
    """An authorization; locked, no charge can be accepted on it meanwhile."""
    query = _BY_ID_LOCKED if lock else _BY_ID
    row = connection.execute(query, {"id": row_id}).mappings().one_or_none()
    return None if row is None else _authorization(row)


def read_authorization_of(connection: Connection, event_id: int) -> Authorization | None:
    """An event's authorization."""
    row = connection.execute(_BY_EVENT, {"event": event_id}).mappings().one_or_none()
    return None if row is None else _authorization(row)


def store_authorization(
    connection: Connection, event_id: int, grant: SealedGrant, now: datetime
) -> Authorization | None:
    """Store the event's authorization; None where it has one."""
    arguments = asdict(grant) | {"event": event_id, "now": now}
    row = connection.execute(_STORE, arguments).mappings().one_or_none()
    return None if row is None else _authorization(row)


def renew_authorization(
    connection: Connection, row_id: int, grant: SealedGrant, now: datetime
) -> None:
    """Put a new grant in the old one's place, which stands again if it was revoked."""
    connection.execute(_RENEW, asdict(grant) | {"id": row_id, "now": now})


def move_authorization(connection: Connection, row_id: int, event_id: int) -> None:
    """Give it to another event; an IntegrityError names the constraint where that has one."""
    connection.execute(_MOVE, {"id": row_id, "event": event_id})


def revoke_authorization(connection: Connection, row_id: int, now: datetime) -> None:
    """Let no charge begin on it from now on."""
    connection.execute(_REVOKE, {"id": row_id, "now": now})


def delete_authorization(connection: Connection, row_id: int) -> bool:
    """Forget a revoked authorization; False where it is not there."""
    return connection.execute(_DELETE, {"id": row_id}).rowcount > 0


_REVOKE_ACCOUNT: Final = text("""
    UPDATE stripe_authorizations SET revoked_at = :now
    WHERE account = :account AND revoked_at IS NULL AND authorized_at <= :seen_at
""")


def revoke_account(
    connection: Connection, account: str, *, seen_at: datetime, now: datetime
) -> int:
    """Mark what stood on the account when it was seen shut; a later grant is newer than that."""
    arguments = {"account": account, "seen_at": seen_at, "now": now}
    return connection.execute(_REVOKE_ACCOUNT, arguments).rowcount


_STANDS: Final = text("""
    SELECT EXISTS (SELECT FROM stripe_authorizations
                   WHERE account = :account AND revoked_at IS NULL)
""")


def is_account_authorized(connection: Connection, account: str) -> bool:
    """Whether any event's authorization stands on the account."""
    return bool(connection.execute(_STANDS, {"account": account}).scalar_one())


_KEY: Final = text("""
    SELECT access_token FROM stripe_authorizations
    WHERE account = :account AND stripe_user_id IS NULL AND revoked_at IS NULL
""")


def sealed_key(connection: Connection, account: str) -> bytes | None:
    """The organizer's own key, encrypted, where it is all that is known of the account."""
    sealed = connection.execute(_KEY, {"account": account}).scalar_one_or_none()
    return None if sealed is None else bytes(sealed)


def _authorization(row: RowMapping) -> Authorization:
    return Authorization(**row)

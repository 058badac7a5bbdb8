"""The INSERT that accepting is held against: one row like a charge's."""

from __future__ import annotations

from typing import Final

MAKE: Final = "CREATE TABLE bare_charges (LIKE charges INCLUDING ALL)"
"""With the same columns, defaults, checks and indexes, but no triggers and no foreign keys."""

_INSERT: Final = """
    INSERT INTO bare_charges (identifier, order_id, provider, status, amount_minor, currency,
                              instrument, instrument_fingerprint, next_attempt_at, dispatch_at,
                              created_at, updated_at)
    VALUES ({identifier}, {order}, 'stripe', 'accepted', 1999, 'USD', '\\x{instrument}',
            '\\x{fingerprint}', now(), now(), now(), now())
"""
_SECRETS: Final = {"instrument": "ab" * 140, "fingerprint": "cd" * 32}
"""As long as a token under its encryption, and as a hash."""

BY_SERVER: Final = _INSERT.format(identifier=":identifier", order=":order", **_SECRETS)
BY_PGBENCH: Final = _INSERT.format(
    identifier="gen_random_uuid()", order="(random() * 9e15)::bigint", **_SECRETS
)

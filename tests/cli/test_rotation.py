"""After a rotation the old key can be removed, whatever happened meanwhile."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary

from cli.rotation import Pace, rotate
from shared.domain.charge import StripeToken
from shared.outbound_tables import METADATA
from shared.repository.sealed import SEALED, write_sealed
from shared.vault import Vault
from tests.api.platform import Platform, make_platform
from tests.cli.conftest import WHY

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))
PROJECT = Path(__file__).resolve().parents[2]
NEVER_SEALED = {
    "instruments.fingerprint",
    "charges.instrument_fingerprint",
    "webhook_events.body",
    "idempotency_keys.fingerprint",
}
AUTHORIZE = """
    INSERT INTO stripe_authorizations
        (event_id, stripe_user_id, access_token, refresh_token, livemode, scope, authorized_at)
    SELECT id, 'acct_1', :access, :refresh, false, 'read_write', now() FROM events
    WHERE identifier = :event
"""
LISTEN = """
    WITH endpoint AS (
        INSERT INTO outbound_endpoints
            (identifier, url, event_types, status, created_at, updated_at)
        VALUES (gen_random_uuid(), 'https://example.com', '{}', 'enabled', now(), now())
        RETURNING id)
    INSERT INTO outbound_secrets (endpoint_id, secret, created_at)
    SELECT id, :secret, now() FROM endpoint
"""


@pytest.fixture
def platform(own_database_url: str, redis: str) -> Iterator[Platform]:
    """A platform whose secrets are sealed under the old key, three of each kind."""
    made = make_platform(own_database_url, redis, encryption_keys=OLD)
    vault = made.deps.vault
    for number in range(3):
        event = made.event()
        made.charged(made.order(event=event))
        secrets = {"access": vault.seal(f"a{number}"), "refresh": vault.seal(f"r{number}")}
        made.sql(AUTHORIZE, event=event, **secrets)
        made.sql(LISTEN, secret=vault.seal(f"s{number}"))
    yield made
    made.deps.engine.dispose()


def opened(platform: Platform, key: str) -> dict[str, list[str]]:
    """Every secret there is, by column, opened with that key alone."""
    vault = Vault([key])
    return {
        str(column): [
            vault.open(bytes(sealed))
            for (sealed,) in platform.sql(
                f"SELECT {column.name} FROM {column.table} WHERE {column.name} IS NOT NULL"  # noqa: S608
            )
        ]
        for column in SEALED
    }


def test_after_a_rotation_the_old_key_can_be_removed(platform: Platform) -> None:
    before = opened(platform, OLD)

    counts = rotate(platform.deps.engine, Vault([NEW, OLD]))

    assert [astuple(count)[1:] for count in counts] == [(3, 0, 0, 0)] * 4
    assert {name: sorted(found) for name, found in opened(platform, NEW).items()} == {
        name: sorted(found) for name, found in before.items()
    }


def test_a_rotation_that_was_cut_off_goes_on(platform: Platform) -> None:
    vault = Vault([NEW, OLD])
    rows = platform.sql("SELECT id, instrument FROM charges WHERE instrument IS NOT NULL LIMIT 1")
    with platform.deps.engine.begin() as connection:
        write_sealed(connection, SEALED[0], rows[0][0], vault.reseal(bytes(rows[0][1])))

    first = rotate(platform.deps.engine, vault, Pace(batch=1))
    second = rotate(platform.deps.engine, vault)

    assert [(count.resealed, count.current) for count in first] == [(2, 1), *[(3, 0)] * 3]
    assert [(count.resealed, count.current) for count in second] == [(0, 3)] * 4
    assert len(opened(platform, NEW)["charges.instrument"]) == 3


def test_a_row_that_somebody_holds_is_waited_for_by_nobody_and_told(platform: Platform) -> None:
    engine, vault = platform.deps.engine, Vault([NEW, OLD])
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1 FROM charges ORDER BY id LIMIT 1 FOR UPDATE")
        held = rotate(engine, vault, Pace(pause=0))[0]

    freed = rotate(engine, vault)[0]

    assert (held.resealed, held.current, held.busy, held.is_whole) == (2, 0, 1, False)
    assert (freed.resealed, freed.current, freed.busy, freed.is_whole) == (1, 2, 0, True)


def test_a_secret_under_a_lost_key_stops_nothing_and_is_told(platform: Platform) -> None:
    lost = Vault([LOST]).seal("lost")
    platform.sql("UPDATE outbound_secrets SET secret = :lost WHERE id = 1", lost=lost)

    count = rotate(platform.deps.engine, Vault([NEW, OLD]))[3]

    assert (count.resealed, count.unreadable, count.is_whole) == (2, 1, False)


def test_a_charge_that_is_sealed_anew_keeps_its_instrument(platform: Platform) -> None:
    rotate(platform.deps.engine, Vault([NEW, OLD]))

    ((sealed,),) = platform.sql("SELECT instrument FROM charges LIMIT 1")

    assert Vault([NEW]).open_instrument(bytes(sealed)) == StripeToken("tok_visa")


def test_every_column_of_bytes_is_rotated_or_was_never_sealed() -> None:
    columns = {
        str(column)
        for table in METADATA.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }

    assert columns == {str(column) for column in SEALED} | NEVER_SEALED


def command(platform: Platform, keys: str, *words: str) -> "subprocess.CompletedProcess[str]":
    settings = {
        "DATABASE_URL": platform.deps.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": "redis://127.0.0.1:1",
        "JWT_SECRET": platform.secret,
        "ENCRYPTION_KEYS": keys,
        "PATH": os.environ["PATH"],
    }
    program = [sys.executable, "-m", "cli", "keys", "rotate", *WHY, *words]
    return subprocess.run(
        program, cwd=PROJECT, env=settings, capture_output=True, text=True, check=False
    )


def test_the_command_prints_what_it_did_for_people_and_for_programs(platform: Platform) -> None:
    told = command(platform, f"{NEW},{OLD}")
    counted = command(platform, f"{NEW},{OLD}", "--json")

    assert "charges.instrument" in told.stdout
    assert [count["current"] for count in json.loads(counted.stdout)] == [3, 3, 3, 3]
    assert (told.returncode, counted.returncode) == (0, 0)


def test_the_command_fails_where_an_old_key_is_still_needed(platform: Platform) -> None:
    ended = command(platform, NEW, "--json")

    assert ended.returncode == 1
    assert [count["unreadable"] for count in json.loads(ended.stdout)] == [3, 3, 3, 3]
    assert "old keys are still needed" in ended.stderr

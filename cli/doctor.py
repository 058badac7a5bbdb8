"""The command that says what is wrong with an installation, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import click
import requests
from celery import Celery
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cli.acting import as_json, deps
from cli.migrate import standing
from cli.printing import print_json, print_table
from cli.registrations import webhooks
from shared.celery_app import app
from shared.container import Container
from shared.db import LIMITS, unit_of_work
from shared.domain.charge import Provider
from shared.health.beat import beat as look_at_beat
from shared.health.broker import broker as look_at_broker
from shared.health.findings import Finding
from shared.health.work import work as look_at_work
from shared.repository.months import months_until
from shared.task_names import QUEUES

PATIENCE: Final = 5
"""Seconds that each thing may take to answer."""
SKEW: Final = timedelta(seconds=5)
"""A provider's Date header counts whole seconds; more than a few is a clock that is wrong."""
ROOM: Final = timedelta(days=31)
"""The round that makes months keeps two ready."""


@click.command()
@as_json
def doctor(*, as_json: bool) -> None:
    """Say what is wrong with this installation, and what to do; exit code 1 if anything is.

    Looks at the database, its migration, clock and months, the broker, the workers of every queue,
    beat, and the providers: their clocks, and whether they send webhooks here. A setting that is
    wrong is said before all else.
    """
    held = deps()
    found = [finding for check in CHECKS for finding in check(held)]
    if as_json:
        print_json(found)
    else:
        print_table(
            ("", "what", "says"),
            [("ok" if each.is_well else "WRONG", each.what, each.says) for each in found],
            whole=True,
        )
    if not all(each.is_well for each in found):
        raise click.exceptions.Exit(1)


def database(held: Container) -> Iterator[Finding]:
    """Whether it answers, its migration, its clock, the limits of a session."""
    try:
        missing = standing(held.engine)
        with unit_of_work(held.engine) as connection:
            now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            held_to = {
                name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in LIMITS
            }
    except SQLAlchemyError:
        yield Finding("database", False, "It does not answer: see DATABASE_URL.")  # noqa: FBT003
        return
    yield Finding("database", True, "It answers.")  # noqa: FBT003
    yield Finding("migration", missing is None, missing or "It is the newest.")
    yield clock("database's clock", now, held.clock())
    is_well = held_to == LIMITS
    advice = (
        "They hold." if is_well else "A pooler drops them: set them as deploy/pgbouncer.ini does."
    )
    yield Finding("database's limits", is_well, advice)


def months(held: Container) -> Iterator[Finding]:
    """Whether charges' moves have a place in the months to come."""
    try:
        with unit_of_work(held.engine) as connection:
            until = months_until(connection)
    except SQLAlchemyError:
        return
    is_well = until - held.clock() > ROOM
    advice = "." if is_well else ": is this account their owner, and does beat run?"
    yield Finding("months", is_well, f"They are made until {until:%Y-%m-%d}{advice}")


def beat(held: Container) -> Iterator[Finding]:
    """Whether its rounds leave their traces."""
    try:
        with unit_of_work(held.engine) as connection:
            yield look_at_beat(connection, held.settings, held.clock())
    except SQLAlchemyError:
        return


def broker(held: Container) -> Iterator[Finding]:
    """Whether it answers, and who consumes its queues."""
    found = look_at_broker(held.settings.broker)
    yield found
    if found.is_well:
        consumed = consumed_queues(app)
        for queue in QUEUES:
            is_well = queue in consumed
            says = "A worker consumes it." if is_well else "No worker: start one for it."
            yield Finding(f"queue {queue}", is_well, says)


def work(held: Container) -> Iterator[Finding]:
    """Whether the work goes on, as the rows tell."""
    try:
        with unit_of_work(held.engine) as connection:
            yield from look_at_work(connection, held.clock())
    except SQLAlchemyError:
        return


def providers(held: Container) -> Iterator[Finding]:
    """Whether each answers at all, and what its clock says."""
    bases = {
        Provider.STRIPE: held.settings.stripe_api_base,
        Provider.PAYPAL: held.settings.paypal_api_base,
    }
    for name, base in bases.items():
        if name not in held.providers:
            yield Finding(name, True, "It has no credentials, and is not used.")  # noqa: FBT003
            continue
        try:
            date = requests.get(base, timeout=PATIENCE, allow_redirects=False).headers.get("Date")
        except requests.RequestException:
            yield Finding(name, False, f"{base} does not answer: see the way out to it.")  # noqa: FBT003
            continue
        yield Finding(name, True, "It answers.")  # noqa: FBT003
        if date:
            yield clock(f"{name}'s clock", parsedate_to_datetime(date), datetime.now(UTC))


CHECKS: Final[tuple[Callable[[Container], Iterator[Finding]], ...]] = (
    database,
    months,
    beat,
    broker,
    work,
    providers,
    webhooks,
)


def clock(what: str, theirs: datetime, ours: datetime) -> Finding:
    """Whether two clocks agree: leases, keys' lives and signatures' ages hang on them."""
    apart = abs(theirs - ours)
    is_well = apart < SKEW
    advice = "It agrees with ours." if is_well else "Set this machine's clock by NTP."
    return Finding(what, is_well, f"{advice} ({apart.total_seconds():.1f} s apart)")


def consumed_queues(celery: Celery) -> set[str]:
    """The queues that workers which answer now consume."""
    replies = celery.control.inspect(timeout=PATIENCE / 5).active_queues() or {}
    return {queue["name"] for queues in replies.values() for queue in queues}

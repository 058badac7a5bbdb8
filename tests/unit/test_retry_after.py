"""A named wait is read in both of its forms, and is never absurd."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.providers.retry_after import LONGEST, wait_named


def dated(ahead: timedelta) -> str:
    return format_datetime(datetime.now(UTC) + ahead, usegmt=True)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0", timedelta(0)),
        ("7", timedelta(seconds=7)),
        ("3600", LONGEST),
        ("3601", LONGEST),
        ("9" * 400, LONGEST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("Fri, 31 Dec 1999 23:59:59 GMT", timedelta(0)),
    ],
)
def test_a_wait_is_read(header: str, wait: timedelta) -> None:
    assert wait_named(header) == wait


def test_a_date_is_waited_for() -> None:
    before = datetime.now(UTC)
    header = dated(timedelta(minutes=5))

    wait = wait_named(header)

    assert wait is not None
    # The header has whole seconds.
    assert before + timedelta(seconds=299) <= datetime.now(UTC) + wait
    assert wait <= timedelta(minutes=5)


@pytest.mark.parametrize(
    "header",
    [
        *("", "soon", "-1", "1.5", "²", "7, 8", "1999-12-31", "\0"),
        *("Fri, 32 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 -0000"),
        "Fri, 31 Dec 1999 23:59:59 +99999999999",
    ],
)
def test_what_is_neither_seconds_nor_a_date_names_no_wait(header: str) -> None:
    assert wait_named(header) is None

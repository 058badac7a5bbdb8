"""An exception is told by its class and place; by its text only where that holds no value."""

import contextlib

import psycopg2
import pytest

from shared.domain.errors import ClaimLost
from shared.failures import named, traced

SECRET = "hush"


def failed() -> ValueError:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(SECRET) from error
    except ValueError as told:
        return told


def test_what_led_to_it_is_told_first() -> None:
    told = traced(failed())

    assert told.index("KeyError") < told.index("ValueError")
    assert told.count("in failed") == 2
    assert "hush" not in told


def test_an_exception_that_caused_itself_ends() -> None:
    error = ValueError("hush")
    error.__context__ = KeyError("hush")
    error.__context__.__context__ = error

    assert traced(error).count("ValueError") == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ClaimLost("charge 7"), "ClaimLost: charge 7"),
        (psycopg2.OperationalError("refused\nhush"), "OperationalError: refused"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: Connection"),
        (FileNotFoundError(2, "No such file", "/hush"), "FileNotFoundError: No such file"),
        (OSError("hush"), "OSError"),
        (ValueError("hush"), "ValueError"),
    ],
)
def test_a_text_is_told_where_it_is_known_to_hold_no_value(error: Exception, told: str) -> None:
    assert named(error).startswith(told)
    assert "hush" not in named(error)


def test_a_row_that_the_database_refuses_is_not_told(database_url: str) -> None:
    twice = "INSERT INTO instruments VALUES ('hush', 1), ('hush', 1)"

    with (
        contextlib.closing(psycopg2.connect(database_url)) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.IntegrityError) as refused,
    ):
        cursor.execute(twice)

    assert b"hush".hex() in str(refused.value)
    assert named(refused.value) == "UniqueViolation: 23505: pk_instruments"

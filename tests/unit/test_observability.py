"""What is logged: a line an event, whoever speaks, and never what variables or exceptions hold."""

import subprocess
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from local.folders import PROJECT
from shared.container import build
from shared.settings import Settings
from tests.unit.test_settings import GOOD

PROGRAM = """
import logging, structlog
from shared.observability import configure_logging

def fail(token):
    kept = token.upper()
    raise ValueError("of " + token + chr(10) + "lines")

configure_logging("{level}")
try:
    fail("hush" + "hush")
except ValueError as fault:
    structlog.get_logger().error("request.failed", exc_info=fault)
    logging.getLogger("celery.worker").error("task %s", "hush" + "hush", exc_info=True)
    logging.getLogger("celery.worker").warning("of %s", "one" + chr(10))
    logging.getLogger("gunicorn.error").exception("socket")
    logging.getLogger("sqlalchemy").info("chatter")
"""


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_a_failure_is_one_line_without_the_values_of_variables(level: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(level=level)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    lines = said.stderr.splitlines()
    assert said.stdout == ""
    assert len(lines) == 4
    assert all(line.startswith("timestamp=") for line in lines)
    assert sum("Traceback" in line and "in fail" in line for line in lines) == 3
    assert sum("ValueError" in line for line in lines) == 3
    assert "hushhush" not in said.stderr.lower()


def test_a_failed_statement_does_not_tell_its_values(database_url: str) -> None:
    told = GOOD | {"DATABASE_URL": database_url}
    settings = Settings.model_validate({name.lower(): value for name, value in told.items()})
    engine = build(settings, name="test").engine

    with pytest.raises(DBAPIError) as failed, engine.connect() as connection:
        connection.execute(text("SELECT 1 / 0, :token"), {"token": "hush"})

    engine.dispose()
    assert "hush" not in str(failed.value)

"""What operators did stays as it was written; what they look for is found by an index."""

import psycopg2
import pytest
from psycopg2.extensions import connection

from tests.database.rows import run

ACTION = """
    INSERT INTO operator_actions (identifier, at, actor, action, subject, reason, outcome)
    VALUES (gen_random_uuid(), now(), %s, 'charge.retry', 'charge 1', %s, 'due now') RETURNING id
"""


@pytest.mark.parametrize(
    "statement",
    ["UPDATE operator_actions SET actor = 'x'", "DELETE FROM operator_actions"],
)
def test_the_record_is_append_only(db: connection, statement: str) -> None:
    run(db, ACTION, "ada", "why")

    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, statement)

    assert refused.value.diag.constraint_name == "ck_append_only"


@pytest.mark.parametrize(
    ("actor", "reason", "constraint"),
    [(" ", "why", "ck_operator_actions_actor"), ("ada", "\n", "ck_operator_actions_reason")],
)
def test_nobody_and_no_reason_are_not_recorded(
    db: connection, actor: str, reason: str, constraint: str
) -> None:
    with pytest.raises(psycopg2.IntegrityError) as refused:
        run(db, ACTION, actor, reason)

    assert refused.value.diag.constraint_name == constraint

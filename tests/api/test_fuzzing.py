"""Fuzzing from the description: no 5xx, no undescribed status, no answer against its schema."""

from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api_shim.app import ROOMS
from api_shim.door import Door, Routes
from api_shim.openapi import document
from tests.api.platform import Platform
from tests.api.roles import ROLES

DOORS = [door for room in ROOMS if isinstance(room.routes, Routes) for door in room.routes.doors]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
FEWEST_REQUESTS = 2_000
EXAMPLES = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = [pytest.mark.long, pytest.mark.timeout(1_800)]
WORKFLOWS = settings(EXAMPLES, max_examples=3, stateful_step_count=8, derandomize=False)
ROUNDS = 10
"""Of workflows: what one leaves in the database changes what the next is answered, and Hypothesis
takes a draw that goes on otherwise than before for a fault of the test. So it forgets often."""
EVERYTHING = {"sub": "buyer", "scope": "admin orders:write charges:write"}

Rows = dict[str, list[str]]


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """The methods of all requests so far."""
    return []


@pytest.fixture(scope="module")
def rows(platform: Platform) -> Rows:
    """Names that exist, by path parameter."""
    event = platform.event()
    orders = [platform.order(event=event, payment_mode=mode) for mode in ("stripe", "paypal")]
    charges = [platform.charged(orders[0]).rsplit("/", 1)[1]]
    return {"event": [event], "order": orders, "charge": charges}


@pytest.mark.parametrize("examples", [60, pytest.param(3_000, marks=LONG)])
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.endpoint)
def test_a_route_keeps_to_its_description(
    platform: Platform, rows: Rows, asked: list[str], door: Door, examples: int
) -> None:
    description = schemathesis.openapi.from_dict(document(DOORS))
    description.app = platform.app
    route = description[door.rule.replace("<", "{").replace(">", "}")][door.method]

    @settings(EXAMPLES, max_examples=examples)
    @given(route.as_strategy(), strategies.sampled_from(sorted(ROLES)), strategies.booleans())
    def ask(case: schemathesis.Case[Any], role: str, exists: bool) -> None:  # noqa: FBT001 it is drawn
        asked.append(case.method)
        known = {name: rows[name][0] for name in case.path_parameters or {} if name in rows}
        case.path_parameters = dict(case.path_parameters or {}) | (known if exists else {})
        case.call_and_validate(headers=_headers(platform, role), checks=CHECKS)

    ask()


def test_enough_was_asked(asked: list[str]) -> None:
    assert len(asked) >= FEWEST_REQUESTS


def test_what_one_answer_names_may_be_asked_next(platform: Platform, asked: list[str]) -> None:
    description = schemathesis.openapi.from_dict(document(DOORS))
    description.app = platform.app
    headers = {"Authorization": f"Bearer {platform.token(EVERYTHING)}"}

    def call_kwargs(_machine: object, case: schemathesis.Case[Any]) -> dict[str, Any]:
        asked.append(case.method)
        return {"headers": headers}

    def validate(
        _machine: object, response: Any, case: schemathesis.Case[Any], **_kwargs: object
    ) -> None:
        case.validate_response(response, checks=CHECKS)

    machine = description.as_state_machine()
    steps = {"get_call_kwargs": call_kwargs, "validate_response": validate}
    before = len(asked)
    workflow = cast("type[APIStateMachine]", type("Workflow", (machine,), steps))
    for _ in range(ROUNDS):
        workflow.run(settings=WORKFLOWS)

    assert len(asked) > before


def _headers(platform: Platform, role: str) -> dict[str, str]:
    claims = ROLES[role]
    return {} if claims is None else {"Authorization": f"Bearer {platform.token(claims)}"}

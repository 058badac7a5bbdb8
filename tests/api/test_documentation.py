"""The documentation is tested: every example is sent, every answer compared."""

from collections.abc import Mapping

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from api_shim.door import Door, doors_of
from tests.api.factories import Json
from tests.api.platform import Platform, document_of
from tests.api.roles import CELLS, claims_that_may
from tests.api.scenes import act, example_of


@pytest.fixture(scope="module")
def openapi(platform: Platform) -> Json:
    """The served description."""
    answer = platform.ask("GET", "/openapi.json")
    return dict(answer.json or {})


@pytest.fixture(scope="module")
def doors(platform: Platform) -> Mapping[str, Door]:
    """Every route, by endpoint."""
    return {door.endpoint: door for door in doors_of(platform.app)}


def test_the_description_is_openapi_3_1(openapi: Json) -> None:
    validate(openapi)

    assert openapi["openapi"].startswith("3.1")


def test_everything_that_is_served_is_described(platform: Platform, openapi: Json) -> None:
    described = {
        (method.upper(), path) for path, methods in openapi["paths"].items() for method in methods
    }

    served = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in platform.app.url_map.iter_rules()
        if not rule.rule.startswith("/ops")  # pages for people
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert served == described


@pytest.mark.parametrize("endpoint", CELLS)
def test_an_example_request_gets_the_answer_that_is_described(
    platform: Platform, openapi: Json, doors: Mapping[str, Door], endpoint: str
) -> None:
    door = doors[endpoint]
    path, document = act(platform, door)

    answer = platform.ask(door.method, path, document, as_=claims_that_may(endpoint))

    model = door.answers[answer.status_code]
    assert model is not None, answer.text
    _demand_schema(openapi, door, answer)
    _demand_shape(example_of(model), document_of(answer), "")
    _demand_echo(document, document_of(answer))


def test_a_refusal_is_the_error_that_is_described(
    platform: Platform, openapi: Json, doors: Mapping[str, Door]
) -> None:
    for endpoint in CELLS:
        path, document = act(platform, doors[endpoint])
        answer = platform.ask(doors[endpoint].method, path, document)
        assert answer.status_code == 401
        _demand_schema(openapi, doors[endpoint], answer)


def test_the_page_needs_nothing_from_elsewhere(platform: Platform) -> None:
    page = platform.ask("GET", "/docs").text
    needed = [part.split('"')[0] for part in page.replace('href="', 'src="').split('src="')[1:]]

    answers = [platform.ask("GET", path) for path in needed]

    assert len(needed) == 4
    assert {answer.status_code for answer in answers} == {200}
    assert "://" not in page


def _demand_schema(openapi: Json, door: Door, answer: TestResponse) -> None:
    path = door.rule.replace("<", "{").replace(">", "}")
    response = openapi["paths"][path][door.method.lower()]["responses"][str(answer.status_code)]
    schema = response["content"][answer.content_type]["schema"]
    validator = Draft202012Validator(schema | {"components": openapi["components"]})
    assert [error.message for error in validator.iter_errors(document_of(answer))] == []
    promised = {name for name, header in response["headers"].items() if header["required"]}
    assert promised <= set(answer.headers.keys())


def _demand_shape(example: object, told: object, path: str) -> None:
    """The same members everywhere; a value may be null in one of them."""
    if isinstance(example, dict) and isinstance(told, dict):
        assert set(example) == set(told), path
        for name, value in example.items():
            _demand_shape(value, told[name], f"{path}/{name}")
    elif isinstance(example, list) and isinstance(told, list):
        assert told, f"{path} is empty"
        _demand_shape(example[0], told[0], f"{path}/0")
    elif example is not None and told is not None:
        assert type(example) is type(told), path


def _demand_echo(request: Json | None, answer: Json) -> None:
    """What was told is what stands; secrets are no attributes of an answer."""
    sent = request["data"].get("attributes", {}) if request else {}
    stands = answer["data"]["attributes"] if request else {}
    assert {name: stands[name] for name in sent if name in stands} == {
        name: value for name, value in sent.items() if name in stands
    }

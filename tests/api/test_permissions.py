"""Nobody reads or moves what is not theirs: every route times every role."""

from collections.abc import Mapping

import pytest

from api_shim.door import Door, doors_of
from api_shim.permissions import PERMISSIONS
from tests.api.platform import Platform
from tests.api.roles import CELLS, EVERY_CELL, ROLES
from tests.api.scenes import SCENES, act


@pytest.fixture(scope="module")
def doors(platform: Platform) -> Mapping[str, Door]:
    """The routes that want a caller, by endpoint."""
    return {door.endpoint: door for door in doors_of(platform.app) if not door.is_public}


def test_every_route_has_its_row_in_every_table(doors: Mapping[str, Door]) -> None:
    assert set(doors) == set(CELLS) == set(SCENES) == set(PERMISSIONS)


def test_every_route_of_the_api_is_a_door(platform: Platform) -> None:
    declared = {door.endpoint for door in doors_of(platform.app)}

    served = {
        rule.endpoint
        for rule in platform.app.url_map.iter_rules()
        if not rule.endpoint.startswith("ops_")  # pages, with a guard of their own: tests/ops
    }

    assert served == declared


@pytest.mark.parametrize(("endpoint", "role", "status"), EVERY_CELL)
def test_a_route_opens_to_those_alone_who_may(
    platform: Platform, doors: Mapping[str, Door], endpoint: str, role: str, status: int
) -> None:
    path, document = act(platform, doors[endpoint])

    answer = platform.ask(doors[endpoint].method, path, document, as_=ROLES[role])

    assert answer.status_code == status, answer.text

"""The console over a real database, with operators at it."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.api.platform import Platform, make_platform

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
READER = {"sub": "ada", "scope": "ops:read"}
ACTOR = {"sub": "grace", "scope": "ops:act"}


@dataclass
class Desk:
    """A browser without scripts, and whose it is."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, follow_redirects=True)

    def csrf(self) -> str:
        found = CSRF.search(self.get("/ops/sign-in").text)
        assert found
        return found[1]

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form of this session's."""
        return self.client.post(path, data={"csrf": self.csrf(), **fields})

    def act(self, path: str, **fields: str) -> TestResponse:
        """Send an action's form, complete but for what is its own."""
        told = {"once": str(uuid.uuid4()), "reason": "the buyer called"} | fields
        return self.post(path, **told)


SitDown = Callable[[Mapping[str, Any] | None], Desk]


@pytest.fixture(scope="module")
def platform(database_url: str, redis: str) -> Iterator[Platform]:
    """The shim over a fresh database."""
    made = make_platform(database_url, redis)
    yield made
    made.deps.engine.dispose()


@pytest.fixture
def sit_down(platform: Platform) -> SitDown:
    """Take a desk, signed in with a token of these claims; None: not signed in."""

    def sit(claims: Mapping[str, Any] | None) -> Desk:
        desk = Desk(platform.app.test_client())
        if claims is not None:
            answer = desk.post("/ops/sign-in", token=platform.token(claims))
            assert answer.status_code == 303, answer.text
        return desk

    return sit


@pytest.fixture
def reader(sit_down: SitDown) -> Desk:
    """One who may see."""
    return sit_down(READER)


@pytest.fixture
def actor(sit_down: SitDown) -> Desk:
    """One who may act, too."""
    return sit_down(ACTOR)


def id_of(path: str) -> int:
    """The charge's id, from its path in the API."""
    return int(path.rsplit("/", 1)[1])

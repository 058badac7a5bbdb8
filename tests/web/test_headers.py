"""The headers of every answer."""

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import MakeClient

ORDER = "/v1/orders/1"
PATHS = [ORDER, "/v1/nowhere", "/health/live", "/health/ready", "/webhooks/stripe", "/nowhere"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_tells_browsers_to_do_nothing_with_it(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_in_production_browsers_are_told_to_come_by_https(make_client: MakeClient) -> None:
    client = make_client(environment="production")

    assert client.get("/health/live").headers["Strict-Transport-Security"] == "max-age=31536000"

"""What is answered to whom: with a token, with a bad one, without."""

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.unit.issuer import both_keys, signed
from tests.web.conftest import MakeClient

NOTHING_SENT = 'Bearer realm="chargehand"'
NO_GOOD = 'Bearer realm="chargehand", error="invalid_token"'
PATH = "/v1/orders/1"


def get(client: FlaskClient, authorization: str | None) -> tuple[int, str | None]:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = client.get(PATH, headers=headers)
    return answer.status_code, answer.headers.get("WWW-Authenticate")


@pytest.mark.parametrize("prefix", ["Bearer", "bearer", "JWT", "jwt"])
def test_a_good_token_is_let_in_under_either_prefix(client: FlaskClient, prefix: str) -> None:
    assert get(client, f"{prefix} {signed()}") == (404, None)


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "JWT   ", "Basic dTpw", "Token x", "x" * 4000]
)
def test_without_a_token_the_challenge_names_no_error(
    client: FlaskClient, authorization: str | None
) -> None:
    assert get(client, authorization) == (401, NOTHING_SENT)


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", f"{signed()} {signed()}", signed(exp=int(time.time()) - 60), "\xe9"]
)
def test_a_bad_token_is_told_so(client: FlaskClient, token: str) -> None:
    assert get(client, f"Bearer {token}") == (401, NO_GOOD)


def test_a_refusal_is_an_error_document(client: FlaskClient) -> None:
    answer = client.get(PATH)

    assert answer.content_type == "application/vnd.api+json"
    assert answer.get_json(force=True)["errors"][0]["status"] == "401"


def test_identity_is_asked_before_all_else(client: FlaskClient) -> None:
    answer = client.post("/v1/orders", data="no JSON", headers={"Accept": "text/html"})

    assert answer.status_code == 401


def test_a_key_set_in_a_file_is_believed(make_client: MakeClient, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes(both_keys())
    client = make_client(jwt_jwks=str(keys), jwt_secret="")

    assert get(client, f"Bearer {signed('ES256', kid='e')}") == (404, None)
    assert get(client, f"Bearer {signed('RS256', kid='r')}") == (404, None)
    assert get(client, f"Bearer {signed()}") == (401, NO_GOOD)


def test_while_the_issuer_is_away_a_token_is_not_called_bad(make_client: MakeClient) -> None:
    client = make_client(jwt_jwks="http://127.0.0.1:1/keys")

    answer = client.get(PATH, headers={"Authorization": f"Bearer {signed('RS256', kid='r')}"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert get(client, f"Bearer {signed()}") == (404, None)

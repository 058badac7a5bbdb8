"""Bodies that are made to hurt."""

import json
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from tests.unit.issuer import signed
from tests.web.conftest import MakeClient

MEDIA_TYPE = "application/vnd.api+json"
LARGEST = 64 * 1024
DEEP = {
    "lists": b"[" * LARGEST,
    "objects": b'{"a":' * (LARGEST // 5),
    "lists in a document": b'{"data":' + b"[" * (LARGEST - 8),
    "lists that are closed": b"[" * (LARGEST // 2) + b"]" * (LARGEST // 2),
    "a document below an unknown member": b'{"data": {"type": "order", "meta": '
    + b"[" * 20_000
    + b"]" * 20_000
    + b"}}",
}


def post(client: FlaskClient, body: bytes, path: str = "/v1/orders") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {signed()}", "Content-Type": MEDIA_TYPE}
    answer = client.post(path, data=body, headers=headers)
    return answer.status_code, answer.get_json(force=True)["errors"][0]["status"]


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP.keys())
def test_a_body_of_depth_is_refused(client: FlaskClient, body: bytes) -> None:
    assert post(client, body) == (400, "400")


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"\xff\xfe", b'{"data": "\\ud800"}', b"1e999", b"9" * 5000, b"\x00" * 100],
    ids=lambda body: str(body[:12]),
)
def test_a_body_of_nonsense_is_refused(client: FlaskClient, body: bytes) -> None:
    assert post(client, body)[0] in {400, 422}


def test_a_body_beyond_the_largest_is_refused(client: FlaskClient) -> None:
    assert post(client, b" " * (LARGEST + 1)) == (413, "413")


@pytest.mark.parametrize(
    ("path", "most"), [("/v1/orders", LARGEST), ("/webhooks/stripe", 1024 * 1024)]
)
def test_a_body_in_chunks_has_the_same_limit(client: FlaskClient, path: str, most: int) -> None:
    assert post_chunks(client, path, most + 1) == 413
    assert post_chunks(client, path, most) not in {202, 413}


def post_chunks(client: FlaskClient, path: str, size: int) -> int:
    """Send blanks as gunicorn hands chunks on: to their end, of no length told."""
    answer = client.post(
        path,
        input_stream=BytesIO(b" " * size),
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
        headers={"Authorization": f"Bearer {signed()}", "Content-Type": MEDIA_TYPE},
    )
    return answer.status_code


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # of a root in certifi's bundle
@pytest.mark.parametrize("name", ["stripe", "paypal"])
@pytest.mark.parametrize("body", [b"[" * 1_000_000, b"9" * 5000, b"\xff", b""])
def test_a_webhook_of_nonsense_is_refused(make_client: MakeClient, name: str, body: bytes) -> None:
    client = make_client(
        stripe_api_key="sk_test_1",
        stripe_webhook_secrets="whsec_1",
        paypal_client_id="id",
        paypal_client_secret="secret",
        paypal_webhook_id="WH-1",
    )

    answer = client.post(f"/webhooks/{name}", data=body, headers={"Stripe-Signature": "t=1,v1=x"})

    assert answer.status_code == 400
    assert json.loads(answer.data)["errors"][0]["status"] == "400"

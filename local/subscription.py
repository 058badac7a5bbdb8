"""The shop's subscription to a local Chargehand's outbound events."""

from collections.abc import Sequence
from typing import Any

from requests import Response, Session

MEDIA_TYPE = "application/vnd.api+json"
ENDPOINTS = "/v1/webhook-endpoints"
WANTED = ("order.completed",)
PATIENCE_SECONDS = 30


class Subscription:
    """What one listener has at Chargehand: nothing, or one endpoint; `token` is the platform's."""

    def __init__(self, chargehand_url: str, token: str) -> None:
        self._base = chargehand_url
        self._session = Session()
        self._session.trust_env = False
        self._session.headers["Content-Type"] = MEDIA_TYPE
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def renew(self, url: str, wanted: Sequence[str] = WANTED) -> str:
        """Let events go to this address and to none of an earlier run; the signing secret."""
        path = url.rpartition("/")[2]
        for endpoint in self._call("GET", ENDPOINTS).json()["data"]:
            if endpoint["attributes"]["url"].endswith(f"/{path}"):
                self._call("DELETE", endpoint["links"]["self"])
        attributes = {"url": url, "event-types": list(wanted)}
        data = {"type": "webhook-endpoint", "attributes": attributes}
        made = self._call("POST", ENDPOINTS, {"data": data})
        return str(made.json()["data"]["attributes"]["secret"])

    def _call(self, method: str, path: str, document: dict[str, Any] | None = None) -> Response:
        url = self._base + path
        answer = self._session.request(method, url, json=document, timeout=PATIENCE_SECONDS)
        answer.raise_for_status()
        return answer

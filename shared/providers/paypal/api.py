"""The PayPal SDK's `Api` without its defects.

The SDK knows no timeout, opens a connection per call, follows redirects with the bearer token,
recurses on every 401, answers a 400 like a success, sends the caller's headers to the token
endpoint, and logs credentials at DEBUG. Its classes work through this one as through their own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final

from paypalrestsdk import Api, UnauthorizedAccess
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

from shared.providers.base import JsonObject
from shared.providers.http import BoundedSession, time_limit
from shared.providers.paypal.config import PayPalConfig
from shared.providers.paypal.failures import (
    CAUGHT,
    CallFailed,
    Kind,
    NoToken,
    problem_of,
)
from shared.providers.paypal.tokens import AccessToken, TokenCache

READ_SHARE: Final = 0.4
"""How much of the total deadline a read may take with its retries and its token: a POST after it
must not be cut short, for then it may have happened."""


class PayPalApi(Api):  # type: ignore[misc]  # the SDK is published without types
    """One PayPal app's connection, for any number of threads of the process that made it.

    `read` and `send` are for the adapter: they raise CallFailed and nothing else. The other
    methods are the SDK's own, mended; these raise what the SDK's and `requests`' do.
    """

    def __init__(self, config: PayPalConfig) -> None:
        super().__init__(
            mode=config.mode,
            client_id=config.client_id,
            client_secret=config.client_secret,
            endpoint=config.base,
        )
        # At DEBUG the SDK writes the Basic and Bearer credentials.
        logging.getLogger("paypalrestsdk").setLevel(logging.WARNING)
        self._session = BoundedSession(config.limits)
        self._read_seconds = config.limits.total_deadline * READ_SHARE
        self._tokens = TokenCache(self._new_token, patience=self._read_seconds)

    def read(self, path: str) -> JsonObject:
        """GET, again after a brief failure while there is time."""
        with time_limit(self._read_seconds):
            return _retrying(lambda: self._call("GET", path), Kind.UNSENT, Kind.LOST)

    def send(self, path: str, body: JsonObject, key: str) -> JsonObject:
        """POST under an idempotency key, again only where no connection came about."""
        headers = {"PayPal-Request-Id": key, "Prefer": "return=representation"}
        return _retrying(lambda: self._call("POST", path, body, headers), Kind.UNSENT)

    def request(
        self,
        url: str,
        method: str,
        body: JsonObject | None = None,
        headers: Mapping[str, str] | None = None,
        refresh_token: str | None = None,
    ) -> JsonObject:
        """Call with a token; a refused token is renewed once. A 400 raises like all others."""
        _client_credentials_only(refresh_token)
        data = None if method == "GET" else json.dumps(body)
        token = self._tokens.get()
        try:
            return self.http_call(url, method, data=data, headers=self._with(token, headers))
        except UnauthorizedAccess:
            token = self._tokens.get(refused=token)
            return self.http_call(url, method, data=data, headers=self._with(token, headers))

    def http_call(self, url: str, method: str, **kwargs: Any) -> JsonObject:  # noqa: ANN401 the SDK's own
        """Send within the limits, and read an answer that must be a JSON object."""
        response = self._session.request(method, url, **kwargs)
        answer = self.handle_response(response, response.content.decode("utf-8"))
        if not isinstance(answer, dict):
            raise ValueError("the answer is no JSON object")
        return answer

    def get_token_hash(
        self,
        authorization_code: str | None = None,
        refresh_token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonObject:
        """Give the token as the SDK's classes want it; no header of the caller's goes along."""
        del headers
        _client_credentials_only(authorization_code, refresh_token)
        token = self._tokens.get()
        return {"token_type": token.kind, "access_token": token.secret}

    def _call(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonObject:
        try:
            return self.request(f"{self.endpoint}/{path}", method, body, headers)
        except CAUGHT as error:
            # Their texts hold the answer's content: nobody gets to see them.
            raise CallFailed(problem_of(error)) from None

    def _with(self, token: AccessToken, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": self.user_agent,
            **(headers or {}),
            "Authorization": token.authorization,
        }

    def _new_token(self) -> AccessToken:
        asked_at = monotonic()
        headers = {
            "Authorization": f"Basic {self.basic_auth()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "User-Agent": self.user_agent,
        }
        url = f"{self.token_endpoint}/v1/oauth2/token"
        try:
            with time_limit(self._read_seconds):
                answer = self.http_call(
                    url, "POST", data="grant_type=client_credentials", headers=headers
                )
            return AccessToken.read(answer, asked_at)
        except CAUGHT as error:
            raise NoToken(problem_of(error)) from None


def _client_credentials_only(*codes: str | None) -> None:
    if any(codes):
        raise ValueError("this API acts for its own app only, by client credentials")


def _retrying(call: Callable[[], JsonObject], *kinds: Kind) -> JsonObject:
    def is_brief(error: BaseException) -> bool:
        return isinstance(error, CallFailed) and error.problem.kind in kinds

    again = Retrying(
        retry=retry_if_exception(is_brief),
        stop=stop_after_attempt(3),
        wait=wait_random(0.05, 0.3),
        reraise=True,
    )
    return again(call)

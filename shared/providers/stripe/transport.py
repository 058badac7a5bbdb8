"""What carries Stripe's calls: the SDK's own door for transports, over bounded connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NoReturn

import stripe
from requests.exceptions import ContentDecodingError, RequestException
from stripe import APIConnectionError, HTTPClient, StripeError
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from shared.providers.http import BOUNDED_POOLS, MOST_KEPT, CallLimits, named, time_left

_UNANSWERED: Final[Callable[[str], StripeError]] = APIConnectionError


class Transport(HTTPClient):
    """Sends over urllib3 alone, without what `requests` does to prepare each call.

    Follows nobody: no redirects, no proxies or `.netrc` from the environment, no cookies, no
    compressed answers. Raises APIConnectionError, whose cause says whether anything was sent.
    """

    name = "urllib3"

    def __init__(self, limits: CallLimits) -> None:
        super().__init__()
        self._limits = limits
        self._pools = PoolManager(maxsize=MOST_KEPT, ca_certs=stripe.ca_bundle_path)
        self._pools.pool_classes_by_scheme = BOUNDED_POOLS

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send, and read the whole answer: its body, status and headers."""
        try:
            answer = self._pools.request(
                method.upper(),
                url,
                body=post_data,
                headers=headers,
                retries=False,
                redirect=False,
                decode_content=False,
                timeout=time_left(self._limits),
            )
        except HTTPError as error:
            _fail(named(error))
        except RequestException as refused:
            _fail(refused)
        if "Content-Encoding" in answer.headers:
            _fail(ContentDecodingError("a compressed answer, which nobody asked for"))
        return answer.data.decode(errors="replace"), answer.status, answer.headers

    def close(self) -> None:
        """Let go of all connections."""
        self._pools.clear()


def _fail(cause: RequestException) -> NoReturn:
    raise _UNANSWERED(f"no answer: {cause}") from cause

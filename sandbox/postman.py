"""The HTTP client that carries webhooks to their receivers."""

import time

import aiohttp

from sandbox.webhook_parts import Attempt, Parcel

ACCEPTED = range(200, 300)


class Postman:
    """One keep-alive HTTP session for all tenants; it follows no redirect."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def carry(self, url: str, parcel: Parcel, attempt: Attempt, patience: float) -> None:
        """POST the parcel, write into `attempt` what came of it; raises nothing."""
        begun = time.perf_counter()
        limit = aiohttp.ClientTimeout(total=patience)
        try:
            async with self._opened().post(
                url,
                data=parcel.body,
                headers=dict(parcel.headers),
                allow_redirects=False,
                timeout=limit,
            ) as answer:
                attempt.status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as lost:
            attempt.error = f"{type(lost).__name__}: {lost}"
        attempt.latency_ms = round((time.perf_counter() - begun) * 1000, 3)

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        return self._session

"""The headers that every answer has, whatever it says."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Unless a route says otherwise: pages need another policy, and their assets may be kept."""

_HTTPS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}


def install(app: Flask, *, https_only: bool) -> None:
    """Give the headers to every answer."""
    told = ALWAYS | (_HTTPS_ONLY if https_only else {})
    by_name = {name.lower(): (name, value) for name, value in told.items()}

    def tell(response: Response) -> Response:
        # One look at the headers: `setdefault` looks at all of them for each, thrice as long.
        said = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 iterating gives pairs
        for name, header in by_name.items():
            if name not in said:
                response.headers.add(*header)
        return response

    app.after_request(tell)

"""Whose word is taken for a client's address: the peer's own, or that of so many proxies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def behind(hops: int, app: WSGIApplication) -> WSGIApplication:
    """The application as it stands behind that many proxies, each adding to X-Forwarded-For.

    One too many, and clients can make up their address; one too few, and all share the proxy's.
    """
    return ProxyFix(app, x_for=hops, x_proto=hops, x_host=0)

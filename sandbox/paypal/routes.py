"""The addresses of the PayPal half."""

from aiohttp import web


def add_routes(app: web.Application) -> None:
    """Mount the PayPal half."""

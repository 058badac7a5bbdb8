"""The addresses of the Stripe half."""

from aiohttp import web


def add_routes(app: web.Application) -> None:
    """Mount the Stripe half."""

"""The error document, the same for every answer that is no success (JSON:API 1.1, Errors)."""

from __future__ import annotations

from api_shim.schemas.base import Document, Told


class Source(Document):
    """Where the fault is: exactly one of the three."""

    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None


class About(Document):
    """What is in the way."""

    about: str


class Error(Document):
    """One error; `id` is the request's, and stands in our log."""

    id: str
    status: str
    code: str
    title: str
    detail: str
    source: Source | None = None
    links: About | None = None


class ErrorDocument(Told):
    """What went wrong."""

    errors: list[Error]

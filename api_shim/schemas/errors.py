"""The error document, the same for every answer that is no success (JSON:API 1.1, Errors)."""

from __future__ import annotations

from api_shim.schemas.base import VERSION, Answer, Told, example


class Source(Answer):
    """Where the fault is: exactly one of the three."""

    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None


class About(Answer):
    """What is in the way."""

    about: str


class Error(Answer):
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

    model_config = example(
        {
            "errors": [
                {
                    "id": "5f1c9b7e0c5b4c0f8d7e6a5b4c3d2e1f",
                    "status": "422",
                    "code": "instrument_missing",
                    "title": "Unprocessable Entity",
                    "detail": "stripe token is missing",
                    "source": {"pointer": "/data/attributes/stripe"},
                }
            ],
            "jsonapi": VERSION,
        }
    )

    errors: list[Error]

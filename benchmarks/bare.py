"""What accepting is held against: a WSGI application that does next to nothing, served alike."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from flask import Flask, Response
from sqlalchemy import text

from benchmarks.insert import BY_SERVER
from shared.db import make_engine
from shared.settings import load_settings

app: Final = Flask(__name__)
_engine: Final = make_engine(load_settings(), name="bare")

_INSERT: Final = text(BY_SERVER)


@app.post("/nothing")
def nothing() -> Response:
    """Answer."""
    return Response(status=202)


@app.post("/insert")
def insert() -> Response:
    """Commit a row like a charge's, then answer."""
    identifier = uuid4()
    with _engine.begin() as connection:
        connection.execute(_INSERT, {"identifier": identifier, "order": identifier.int >> 65})
    return Response(status=202)

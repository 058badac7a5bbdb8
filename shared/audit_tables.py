"""The table of what operators did, beside `shared/tables.py`."""

from typing import Final

from sqlalchemy import BigInteger, Column, Identity, Table
from sqlalchemy import Text as String
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID

from shared.tables import METADATA

__all__ = ["METADATA", "operator_actions"]

operator_actions: Final = Table(
    "operator_actions",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("identifier", UUID(as_uuid=True), nullable=False),
    Column("at", TIMESTAMP(timezone=True), nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("outcome", String, nullable=False),
)

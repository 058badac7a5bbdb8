"""Names: how a row is named on the command line, by its id or by its identifier."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

import click

from shared.repository.charge_lists import NEWEST

ROW_ID: Final = click.IntRange(0, NEWEST)


class Name(NamedTuple):
    """One of both."""

    row_id: int | None
    identifier: UUID | None

    def __str__(self) -> str:
        """As it was written."""
        return str(self.identifier if self.row_id is None else self.row_id)


class _NameType(click.ParamType[Name]):
    name = "id"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Name:
        """Read a number, or a UUID."""
        text = str(value)
        try:
            if text.isascii() and text.isdigit():
                return Name(ROW_ID.convert(int(text), param, ctx), None)
            return Name(None, UUID(text))
        except ValueError:
            self.fail(f"{text} is neither an id nor an identifier.", param, ctx)


NAME: Final = _NameType()

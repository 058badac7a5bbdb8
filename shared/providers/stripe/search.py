"""The search for a PaymentIntent whose answer was lost, by consistent lists.

Stripe's search index lags by up to an hour (docs.stripe.com/search#data-freshness): it proves
nothing, and is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from shared.providers.base import JsonObject
from shared.providers.stripe.documents import at, items, text

PAGE: Final = 100
MOST_PAGES: Final = 60
"""Six thousand PaymentIntents: above that the search gives up rather than the rate limit."""

_EARLY: Final = timedelta(minutes=5)
WINDOWS: Final = (
    (-_EARLY, _EARLY),
    (_EARLY, timedelta(hours=1)),
    (timedelta(hours=1), timedelta(hours=24) + _EARLY),
)
"""Around the attempt's start, likeliest first; together the whole life of its key, in which any
try may have created the PaymentIntent, with some room for clocks that differ."""

ListPage = Callable[[JsonObject], JsonObject]


class IncompleteSearch(Exception):
    """The lists could not be read to their end, so that nothing is proven."""


def search(list_page: ListPage, charge: str, started_at: datetime) -> str | None:
    """The id of the PaymentIntent that names the charge: a succeeded one, else the newest.

    None only after all windows were read to their end. Raises IncompleteSearch.
    """
    pages_left = iter(range(MOST_PAGES))
    for begin, end in WINDOWS:
        created = {
            "gte": int((started_at + begin).timestamp()),
            "lt": int((started_at + end).timestamp()),
        }
        found = [
            intent
            for intent in _intents(list_page, created, pages_left)
            if text(intent, "metadata", "charge") == charge
        ]
        if found:
            return _best(found)
    return None


def _best(intents: list[object]) -> str:
    succeeded = (intent for intent in intents if at(intent, "status") == "succeeded")
    reference = text(next(succeeded, intents[0]), "id")
    if reference is None:
        raise IncompleteSearch("a PaymentIntent without an id")
    return reference


def _intents(
    list_page: ListPage, created: JsonObject, pages_left: Iterator[int]
) -> Iterator[object]:
    params: JsonObject = {"created": created, "limit": PAGE}
    for _ in pages_left:
        page = list_page(params)
        intents = items(page, "data")
        yield from intents
        match at(page, "object"), at(page, "has_more"):
            case "list", False:
                return
            case "list", True if intents:
                params = params | {"starting_after": text(intents[-1], "id")}
            case _:
                raise IncompleteSearch("a page that is no list")
    raise IncompleteSearch(f"more than {MOST_PAGES} pages")

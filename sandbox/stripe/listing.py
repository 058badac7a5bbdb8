"""Lists: filters, cursors, pages."""

import operator
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.call import Call
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.books import account_of
from sandbox.stripe.errors import malformed, missing
from sandbox.stripe.schema import Shape, expand, integer, read_params, text, timestamps
from sandbox.stripe.showing import shown_list

PAGE: Shape = {
    "limit": integer,
    "starting_after": text,
    "ending_before": text,
    "created": timestamps,
    "expand": expand,
}
LIMIT = 10
MOST = 100
COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def list_reply(call: Call, kind: str, filters: Shape) -> Reply:
    """Answer a list call; `filters` are the members that may be asked to equal something."""
    params = read_params({**PAGE, **filters}, call.params)
    things = newest_first(account_of(call.tenant, call.account).shelf(kind).values())
    chosen = [thing for thing in things if is_wanted(thing, params, filters)]
    return json_reply(shown_list(call, page(chosen, params, kind, call.arrival.path), params))


def newest_first(things: Iterable[Json]) -> list[Json]:
    """Return things in the order Stripe lists them."""
    return list(things)[::-1]


def is_wanted(thing: Json, params: Mapping[str, Any], filters: Iterable[str]) -> bool:
    """Say whether a thing passes the equality filters, the `created` range."""
    equal = all(thing.get(name) == params[name] for name in filters if name in params)
    return equal and in_range(thing["created"], params.get("created", {}))


def in_range(moment: int, bounds: Mapping[str, int]) -> bool:
    """Say whether a timestamp lies within {gt, gte, lt, lte}."""
    return all(COMPARISONS[name](moment, bound) for name, bound in bounds.items())


def page(things: list[Json], params: Mapping[str, Any], kind: str, url: str) -> Json:
    """Cut one page out of things, newest first."""
    limit = params.get("limit", LIMIT)
    if not 1 <= limit <= MOST:
        raise malformed(f"Invalid limit: must be between 1 and {MOST}", param="limit")
    if "ending_before" in params:
        before = things[: _position(things, params["ending_before"], kind, "ending_before")]
        data, has_more = before[-limit:], len(before) > limit
    else:
        after = _after(things, params.get("starting_after"), kind)
        data, has_more = after[:limit], len(after) > limit
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def _after(things: list[Json], cursor: str | None, kind: str) -> list[Json]:
    if cursor is None:
        return things
    return things[_position(things, cursor, kind, "starting_after") + 1 :]


def _position(things: list[Json], cursor: str, kind: str, param: str) -> int:
    for index, thing in enumerate(things):
        if thing["id"] == cursor:
            return index
    raise missing(kind, cursor, param)

"""Search: its query language, its lag behind the truth."""

import operator
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from sandbox.call import Call
from sandbox.reply import Json, Reply, json_reply
from sandbox.stripe.books import account_of
from sandbox.stripe.errors import malformed
from sandbox.stripe.listing import newest_first
from sandbox.stripe.schema import expand, integer, read_params, required, text
from sandbox.stripe.showing import shown_list

SHAPE = {"query": required(text), "limit": integer, "page": text, "expand": expand}
CLAUSE = re.compile(
    r"""\s*(?P<not>-)?(?P<field>\w+)(\[["'](?P<key>[^"']+)["']\])?\s*"""
    r"""(?P<op>>=|<=|:|~|>|<)\s*(?P<value>"[^"]*"|'[^']*'|\d+|null)\s*(?P<join>AND|OR|$)\s*""",
    re.IGNORECASE,
)
ORDERS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
FIELDS = {
    "payment_intent": {"amount", "created", "currency", "customer", "status", "metadata"},
    "charge": {"amount", "created", "currency", "customer", "status", "metadata", "refunded"},
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison; `joins` is how the next one is joined."""

    negated: bool
    field: str
    key: str | None
    operator: str
    value: str
    joins: str

    def holds(self, thing: Json) -> bool:
        """Say whether a thing passes."""
        value: Any = thing.get(self.field)
        if self.key is not None:
            value = (value or {}).get(self.key)
        return self._compares(value) != self.negated

    def _compares(self, value: Any) -> bool:  # noqa: ANN401 — any member of an object
        if self.value == "null":
            return value is None
        if value is None:
            return False
        wanted = self.value.strip("\"'")
        if self.operator in ORDERS:
            return bool(ORDERS[self.operator](int(value), int(wanted)))
        shown = str(value).lower()
        return wanted.lower() in shown if self.operator == "~" else shown == wanted.lower()


def search_reply(call: Call, kind: str) -> Reply:
    """Answer a search; what changed within `search_lag_seconds` is not found."""
    params = read_params(SHAPE, call.params)
    clauses = parse(params["query"], kind)
    account = account_of(call.tenant, call.account)
    horizon = call.now - call.tenant.settings.search_lag_seconds
    indexed = [t for t in account.shelf(kind).values() if account.touched[t["id"]] <= horizon]
    joined = any if clauses[0].joins == "OR" else all
    found = [t for t in newest_first(indexed) if joined(clause.holds(t) for clause in clauses)]
    start, limit = _offset(params.get("page")), params.get("limit", 10)
    has_more = start + limit < len(found)
    envelope = {
        "object": "search_result",
        "data": found[start : start + limit],
        "has_more": has_more,
        "next_page": _cursor(start + limit) if has_more else None,
        "url": call.arrival.path,
    }
    return json_reply(shown_list(call, envelope, params))


def parse(query: str, kind: str) -> list[Clause]:
    """Read a query; StripeError for what the language does not have."""
    clauses, position = [], 0
    while position < len(query):
        match = CLAUSE.match(query, position)
        if match is None or match["field"] not in FIELDS[kind]:
            raise malformed(f"We were unable to parse your search query: {query}", param="query")
        clauses.append(
            Clause(
                match["not"] is not None,
                match["field"],
                match["key"],
                match["op"],
                match["value"],
                match["join"].upper(),
            )
        )
        position = match.end()
    joins = {clause.joins for clause in clauses[:-1]}
    if not clauses or len(joins) > 1 or clauses[-1].joins:
        raise malformed("AND cannot be mixed with OR in one query.", param="query")
    return clauses


def _cursor(offset: int) -> str:
    return urlsafe_b64encode(str(offset).encode()).decode()


def _offset(cursor: str | None) -> int:
    try:
        return int(urlsafe_b64decode(cursor)) if cursor else 0
    except ValueError:
        raise malformed("Invalid page token.", param="page") from None

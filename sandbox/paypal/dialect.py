"""How PayPal speaks HTTP: who may call, which faults a call asks for, how refusals are worded."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sandbox.call import Arrival, Call, Operation
from sandbox.faults import Fault, Occasion, flatten
from sandbox.idempotency import Claim
from sandbox.paypal import request_ids
from sandbox.paypal.arrivals import (
    TOKEN_PATH,
    as_members,
    bad_client,
    bad_token,
    basic_credentials,
    bearer,
    parameters,
)
from sandbox.paypal.books import Books, books_of
from sandbox.paypal.identifiers import debug_id, transaction_id
from sandbox.paypal.magic import MOCK_HEADER, magic_fault
from sandbox.paypal.objects import Capture, Order
from sandbox.paypal.problems import Detail, Problem, conflict, from_code, invalid, unprocessable
from sandbox.paypal.tokens import TokenDesk
from sandbox.reply import Refused, Reply, json_reply
from sandbox.tenants import Tenant, Tenants

_PREFIXES = (
    "/v2/",
    "/v1/oauth2/",
    "/v1/payments/",
    "/v1/notifications/",
    "/v1/reporting/",
    "/v1/customer/disputes",
)
_IDENTITIES = frozenset({"id", "custom_id", "invoice_id", "custom", "invoice_number"})

_CANNED: Mapping[str, Callable[[], Problem]] = {
    "500_before": lambda: Problem(500),
    "500_stored": lambda: Problem(500),
    "429": lambda: Problem(429),
    "409_in_use": lambda: conflict("PREVIOUS_REQUEST_IN_PROGRESS"),
    "lock_timeout": lambda: unprocessable("ORDER_COMPLETION_IN_PROGRESS"),
    "403": lambda: Problem(403, Detail("PERMISSION_DENIED")),
}


@dataclass
class PayPalDialect:
    """The `Dialect` of PayPal; `views` show an object's latest status, by kind, for replays."""

    views: Mapping[str, request_ids.View]
    tokens: TokenDesk = field(default_factory=TokenDesk)
    provider: str = "paypal"

    def owns(self, path: str) -> bool:
        """Say whether an unrouted path is PayPal's to refuse."""
        return path.startswith(_PREFIXES)

    def new_request_id(self) -> str:
        """Give a Paypal-Debug-Id."""
        return debug_id()

    def open(self, arrival: Arrival, tenants: Tenants) -> Call:
        """Find the tenant by token (by Basic credentials for a token), parse the parameters."""
        tenant = self._tenant(arrival, tenants)
        tenant.room(Books).base = f"http://{arrival.headers.get('Host', '127.0.0.1')}"
        try:
            params = as_members(parameters(arrival))
        except Problem as malformed:
            raise Refused(refusal(arrival, malformed)) from None
        # paypalrestsdk leaks the request id of the next call into its token call [V].
        is_token_call = arrival.path == TOKEN_PATH
        key = None if is_token_call else arrival.headers.get(request_ids.HEADER)
        return Call(
            tenant=tenant,
            provider=self.provider,
            request_id=arrival.request_id,
            idempotency_key=key,
            arrival=arrival,
            params=params,
        )

    def occasion(self, call: Call) -> Occasion:
        """Let rules match parameters, the request id, and what the addressed object is about."""
        known = {"idempotency_key": call.idempotency_key or ""}
        facts = flatten(call.params) | known | _facts_of_object(call)
        return Occasion(self.provider, call.arrival.op, facts)

    def magic(self, call: Call) -> Fault | None:
        """Give what the negative-testing header, or the order's amount, asks for."""
        return magic_fault(call)

    def claim(self, call: Call) -> Claim | Reply | None:
        """Take the PayPal-Request-Id; a replay shows the latest status with 200."""
        try:
            taken = request_ids.claim(call)
        except Problem as refused:
            return refusal(call.arrival, refused)
        if not isinstance(taken, request_ids.Replayed):
            return taken
        if taken.reply.status >= 500:  # noqa: PLR2004 - a stored failure stays one
            return replace(taken.reply, replayed=True)
        latest = self.views[taken.view](call, str(taken.reply.json()["id"]))
        return replace(latest, replayed=True)

    def perform(self, call: Call, operation: Operation) -> Reply:
        """Run the operation unless a mocked issue goes first; word what it raises."""
        try:
            if decline := call.fault("decline"):
                raise _mocked(str(decline.arguments.get("issue", "INSTRUMENT_DECLINED")))
            return operation(call)
        except Problem as problem:
            return refusal(call.arrival, problem)

    def canned(self, call: Call, fault: Fault) -> Reply:
        """Word the refusal of a GATE fault, or the failure of `500_stored`."""
        if fault.name == "401":
            return bad_token()
        reply = refusal(call.arrival, _CANNED[fault.name]())
        if "retry_after" in fault.arguments:
            reply = reply.with_headers(Retry_After=str(fault.arguments["retry_after"]))
        return replace(reply, storable=fault.name == "500_stored")

    def mixed_up(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002 - the port's signature
        """Give the same answer with a stranger's ids in it."""
        return replace(reply, body=json.dumps(_estranged(reply.json())).encode())

    def unknown_route(self, call: Call) -> Reply:
        """Refuse an address PayPal does not have."""
        return refusal(call.arrival, Problem(404))

    def dress(self, arrival: Arrival, call: Call | None, reply: Reply) -> Reply:  # noqa: ARG002
        """Put the debug id on every answer."""
        return reply.with_headers(
            Paypal_Debug_Id=arrival.request_id, Cache_Control="no-cache, no-store"
        )

    def _tenant(self, arrival: Arrival, tenants: Tenants) -> Tenant:
        if arrival.path == TOKEN_PATH:
            tenant = tenants.of_paypal(*basic_credentials(arrival))
            if tenant is None:
                raise Refused(bad_client())
            return tenant
        token = bearer(arrival)
        if token is None:
            raise Refused(refusal(arrival, Problem(401)))
        tenant = self.tokens.owner(token)
        if tenant is None:
            raise Refused(bad_token())
        return tenant


def refusal(arrival: Arrival, problem: Problem) -> Reply:
    """Word a problem in the dialect of the address; no request id keeps it."""
    help_url = "https://developer.paypal.com/api/rest/reference/orders/v2/errors/"
    if arrival.path.startswith("/v1/"):
        body = problem.as_v1(arrival.request_id, help_url)
        return json_reply(body, problem.v1_status(), storable=False)
    body = problem.as_v2(arrival.request_id, help_url)
    return json_reply(body, problem.status, storable=False)


def _mocked(code: str) -> Problem:
    return from_code(code) or invalid(Detail("INVALID_PARAMETER_VALUE", MOCK_HEADER, code))


def _facts_of_object(call: Call) -> dict[str, str]:
    books, object_id = books_of(call), call.route.get("id", "")
    thing = books.orders.get(object_id) or books.captures.get(object_id)
    match thing:
        case Order():
            return flatten({"purchase_units": [dict(unit.wire) for unit in thing.units]})
        case Capture():
            named = {"custom_id": thing.custom_id, "invoice_id": thing.invoice_id}
            return flatten(named | {"capture_amount": thing.amount.value})
        case None:
            return {}


def _estranged(part: object) -> object:
    match part:
        case dict():
            return {key: _estranged_member(key, value) for key, value in part.items()}
        case list():
            return [_estranged(item) for item in part]
        case _:
            return part


def _estranged_member(key: str, value: object) -> object:
    return transaction_id() if key in _IDENTITIES else _estranged(value)

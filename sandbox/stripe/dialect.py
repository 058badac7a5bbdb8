"""How Stripe speaks HTTP: keys, parameters, idempotency, headers."""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import replace

from sandbox.call import Arrival, Call, Operation
from sandbox.faults import Fault, Occasion, flatten
from sandbox.idempotency import Claim, InFlight, Mismatch, Record, Replay
from sandbox.reply import Json, Refused, Reply, json_reply
from sandbox.stripe import errors
from sandbox.stripe.books import StripeRoom, account_of
from sandbox.stripe.canned import CANNED
from sandbox.stripe.connections import Connections, connections_of
from sandbox.stripe.errors import StripeError
from sandbox.stripe.form import decode_form
from sandbox.stripe.magic import magic_fault
from sandbox.stripe.publishable import is_publishable, secret_key, seen, shared_with_browsers
from sandbox.stripe.telling import API_VERSION, PROVIDER
from sandbox.tenants import Tenants, new_id

KEY_LIFE = 24 * 3600.0
LONGEST_KEY = 255
TEST_KEY = re.compile(r"^(sk|rk|pk)_test_[A-Za-z0-9_]+$")
VERSION = re.compile(r"^\d{4}-\d{2}-\d{2}(\.[a-z]+)?(;.*)?$")
FORM = "application/x-www-form-urlencoded"


class StripeDialect:
    """Stripe's side of `sandbox.call.Dialect`."""

    provider = PROVIDER

    def owns(self, path: str) -> bool:
        """Own what PayPal, mounted before, does not."""
        return path.startswith(("/v1/", "/oauth/"))

    def new_request_id(self) -> str:
        """Return a Request-Id."""
        return new_id("req_", 14)

    def open(self, arrival: Arrival, tenants: Tenants) -> Call:
        """Find the key's tenant, read the parameters."""
        try:
            return self._opened(arrival, tenants)
        except StripeError as wrong:
            raise Refused(wrong.reply()) from None

    def occasion(self, call: Call) -> Occasion:
        """Show rules the parameters, over them the members of the objects they name."""
        account = account_of(call.tenant, call.account)
        facts = {"idempotency_key": call.idempotency_key or "", "account": call.account or ""}
        names = [call.route.get("id"), call.params.get("payment_intent"), call.params.get("charge")]
        for name in names:
            thing = account.find(name) if isinstance(name, str) else None
            if thing is not None:
                facts |= flatten({"amount": thing.get("amount"), "metadata": thing.get("metadata")})
        return Occasion(PROVIDER, call.arrival.op, facts | flatten(call.params))

    def magic(self, call: Call) -> Fault | None:
        """Return the fault that a magic instrument or amount asks for, once a key."""
        return magic_fault(call)

    def claim(self, call: Call) -> Claim | Reply | None:
        """Take the key of a POST for 24 hours of virtual time."""
        key = call.idempotency_key
        if key is None or call.arrival.method != "POST":
            return None
        if len(key) > LONGEST_KEY:
            text = f"Idempotency-Key is too long: at most {LONGEST_KEY} characters."
            return errors.malformed(text).reply()
        record = Record(_fingerprint(call), call.arrival.request_id, call.now + KEY_LIFE)
        address = (f"stripe:{call.account or ''}", key)
        match call.tenant.idempotency.claim(address, record, call.now):
            case Claim() as claim:
                return claim
            case InFlight():
                return errors.key_in_use(key).reply().with_headers(Stripe_Should_Retry="true")
            case Mismatch(record):
                return _mismatch(call, record, key)
            case Replay(record, reply):
                return _replayed(record, reply)

    def perform(self, call: Call, operation: Operation) -> Reply:
        """Run the operation; its StripeErrors are answers."""
        try:
            return seen(call.arrival, operation(call))
        except StripeError as refusal:
            return seen(call.arrival, refusal.reply())

    def canned(self, call: Call, fault: Fault) -> Reply:
        """Word a fault as Stripe would."""
        return CANNED[fault.name](call, fault)

    def mixed_up(self, call: Call, reply: Reply) -> Reply:
        """Return another object of the same kind, an invented one if there is none."""
        body = reply.json()
        kind = body.get("object", "")
        accounts = call.tenant.room(StripeRoom).accounts.values()
        others = (t for a in accounts for t in a.shelf(kind).values() if t["id"] != body.get("id"))
        invented = body | {"id": new_id(f"{str(body.get('id', 'x')).split('_')[0]}_3")}
        return json_reply(next(others, invented), reply.status)

    def unknown_route(self, call: Call) -> Reply:
        """Refuse a path or method that Stripe does not have."""
        text = (
            f"Unrecognized request URL ({call.arrival.method}: {call.arrival.path}). Please see "
            "https://stripe.com/docs or we can help at https://support.stripe.com/."
        )
        return StripeError(404, "invalid_request_error", text, storable=False).reply()

    def dress(self, arrival: Arrival, call: Call | None, reply: Reply) -> Reply:
        """Put on Request-Id, the version, on a POST what belongs to keys."""
        headers = {"Request-Id": arrival.request_id}
        headers["Stripe-Version"] = arrival.headers.get("Stripe-Version", API_VERSION)
        headers |= shared_with_browsers(arrival)
        if arrival.method == "POST" and call is not None:
            headers |= {"Original-Request": arrival.request_id, "Stripe-Should-Retry": "false"}
            if call.idempotency_key:
                headers["Idempotency-Key"] = call.idempotency_key
        if call is not None and call.account:
            headers["Stripe-Account"] = call.account
        return replace(reply, headers={**headers, **reply.headers})

    def _opened(self, arrival: Arrival, tenants: Tenants) -> Call:
        params = _params(arrival)
        key = _key(arrival, params)
        if is_publishable(arrival):
            key = secret_key(key, arrival, params, tenants)
        tenant = tenants.of_stripe(key)
        _check_version(arrival.headers.get("Stripe-Version", API_VERSION))
        account = _scope(arrival, key, connections_of(tenant))
        return Call(
            tenant=tenant,
            provider=PROVIDER,
            account=account,
            request_id=arrival.request_id,
            idempotency_key=arrival.headers.get("Idempotency-Key"),
            arrival=arrival,
            params=params,
        )


def _params(arrival: Arrival) -> Json:
    if arrival.method != "POST":
        return decode_form(arrival.query)
    content_type = arrival.headers.get("Content-Type", FORM).partition(";")[0].strip().lower()
    if arrival.body and content_type != FORM:
        raise errors.malformed(
            f"Invalid request: check that your POST content type is {FORM}. If you have "
            "questions, we can help at https://support.stripe.com/."
        )
    try:
        return decode_form(arrival.query) | decode_form(arrival.body.decode("utf-8"))
    except UnicodeDecodeError:
        raise errors.malformed("Invalid request: the body is no UTF-8.") from None


def _key(arrival: Arrival, params: Json) -> str:
    key = _header_key(arrival.headers.get("Authorization", ""))
    if arrival.path.startswith("/oauth/"):
        key = key or str(params.pop("client_secret", ""))
    if not key:
        raise errors.unauthorised(
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
            "https://stripe.com/docs/api#authentication for details, or we can help at "
            "https://support.stripe.com/."
        )
    if not TEST_KEY.match(key):
        raise errors.unknown_key(key)
    return key


def _header_key(header: str) -> str:
    scheme, _, credential = header.partition(" ")
    if scheme.lower() == "bearer":
        return credential.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credential, validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _check_version(version: str) -> None:
    if not VERSION.match(version):
        raise errors.malformed(f"Invalid Stripe API version: {version}")


def _scope(arrival: Arrival, key: str, connections: Connections) -> str | None:
    borrowed = connections.opens(key)
    account = arrival.headers.get("Stripe-Account") or borrowed
    if account is None:
        return None
    is_strange = borrowed is not None and account != borrowed
    if is_strange or key in connections.revoked or not connections.lets_in(account):
        text = (
            f"The provided key '{errors.masked(key)}' does not have access to account '{account}' "
            "(or that account does not exist). Application access may have been revoked."
        )
        raise errors.forbidden(text, "account_invalid")
    return account


def _fingerprint(call: Call) -> str:
    asked = json.dumps(call.params, sort_keys=True).encode()
    return f"{call.arrival.op} {hashlib.sha256(asked).hexdigest()}"


def _mismatch(call: Call, record: Record, key: str) -> Reply:
    _, first_path, _ = record.fingerprint.split(" ")
    if first_path != call.arrival.path:
        same = f"for the same endpoint they were first used for ('{first_path}')"
    else:
        same = "with the same parameters they were first used with"
    return errors.key_reused(
        f"Keys for idempotent requests can only be used {same}. Try using a key other than "
        f"'{key}' if you meant to execute a different request."
    ).reply()


def _replayed(record: Record, reply: Reply) -> Reply:
    told = reply.with_headers(Original_Request=record.request_id, Idempotent_Replayed="true")
    return replace(told, replayed=True)

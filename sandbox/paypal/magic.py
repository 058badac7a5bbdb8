"""The faults that a call asks for by itself: by amount, or by PayPal's negative-testing header."""

import json
import re
from collections.abc import Mapping

from sandbox.call import Call
from sandbox.faults import Fault
from sandbox.paypal.books import books_of

MOCK_HEADER = "PayPal-Mock-Response"
MAGIC_MAJOR = 9002
MAGIC_FAULTS: Mapping[int, Fault] = {
    1: Fault("500_before"),
    2: Fault("500_stored"),
    3: Fault("500_stored", {"committed": False}),
    4: Fault("hang_before"),
    5: Fault("hang_after"),
    6: Fault("reset_before"),
    7: Fault("reset_after"),
    8: Fault("close_after"),
    9: Fault("truncate_after"),
    10: Fault("chunked_truncation"),
    11: Fault("malformed_json"),
    12: Fault("empty_body"),
    13: Fault("wrong_shape"),
    14: Fault("429", {"retry_after": 1}),
    15: Fault("503"),
    16: Fault("503", {"when": "after"}),
    17: Fault("slow_body"),
    18: Fault("401"),
    19: Fault("id_mixup"),
}
"""By the cents of an order of 9002.xx; each strikes the order's first capture or execution only."""
_TAKING = re.compile(r"/v2/checkout/orders/[^/]+/capture|/v1/payments/payment/[^/]+/execute")


def magic_fault(call: Call) -> Fault | None:
    """Give the fault a call asks for, if it does."""
    header = call.arrival.headers.get(MOCK_HEADER)
    if header is not None:
        return Fault("decline", {"issue": _mock_code(header)})
    return _by_amount(call) if _TAKING.fullmatch(call.arrival.path) else None


def _by_amount(call: Call) -> Fault | None:
    order = books_of(call).orders.get(call.route["id"])
    if order is None or order.id in call.tenant.magic_spent:
        return None
    major, cents = divmod(order.units[0].amount.minor, 100)
    fault = MAGIC_FAULTS.get(cents) if major == MAGIC_MAJOR else None
    if fault is not None:
        call.tenant.magic_spent.add(order.id)
    return fault


def _mock_code(header: str) -> str:
    try:
        return str(json.loads(header)["mock_application_codes"])
    except (ValueError, KeyError, TypeError):
        return header

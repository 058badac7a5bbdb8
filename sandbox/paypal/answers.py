"""The two lengths PayPal answers in."""

from sandbox.call import Call
from sandbox.paypal.objects import Json
from sandbox.reply import Reply, json_reply


def preferred(call: Call, whole: Json, minimal: Json, status: int) -> Reply:
    """Answer as the `Prefer` header wishes; minimal is the default [P]."""
    wishes = call.arrival.headers.get("Prefer", "").replace(" ", "")
    return json_reply(whole if "return=representation" in wishes else minimal, status)

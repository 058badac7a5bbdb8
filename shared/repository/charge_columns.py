"""The columns of a charge that an outcome writes, and the decision about it."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from shared.domain import outcomes as o
from shared.domain.charge import SETTLED, Charge, Status
from shared.domain.decisions import Decision
from shared.domain.state_machine import Event

Columns = dict[str, Any]

WAITING: Final = {Status.ACCEPTED, Status.SUBMITTING, Status.INDETERMINATE}
"""What is still to be asked about, for which the instrument is kept."""


def moved(charge: Charge, outcome: o.Outcome, decision: Decision, now: datetime) -> Columns:
    """What a move to another status writes."""
    return _state(decision, now) | _facts(charge, outcome, decision)


def card_learned(charge: Charge, outcome: o.Outcome, now: datetime) -> Columns:
    """What a later answer knows of the card where the one that moved the charge knew nothing.

    A PaymentIntent's webhook names its capture only by id, and may overtake the worker's answer.
    """
    if not isinstance(outcome, o.Approved) or outcome.card is None or not charge.is_captured:
        return {}
    card = _card(charge, outcome) if _is_its_own(charge, outcome) else {}
    return card | {"updated_at": now} if card else {}


def put_off(decision: Decision, now: datetime) -> Columns:
    """What lets go of a charge until its next try."""
    return {
        "claimed_until": None,
        "next_attempt_at": decision.retry_at,
        "dispatch_at": decision.retry_at,
        "updated_at": now,
    }


def _state(decision: Decision, now: datetime) -> Columns:
    failure = decision.failure
    values = put_off(decision, now) | {
        "status": decision.status,
        "deadline_at": decision.deadline_at,
        "settled_at": now if decision.status in SETTLED else None,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
        "next_action": None,
    }
    if decision.is_final:
        values |= {"parked_reason": None}
    return values if decision.status in WAITING else values | {"instrument": None}


def _facts(charge: Charge, outcome: o.Outcome, decision: Decision) -> Columns:
    if decision.event is Event.CONTRADICTED:
        return {}  # the provider's ids may be another charge's: they stay in the evidence
    match outcome:
        case o.Approved():
            return _capture(charge, outcome)
        case o.RequiresAction(reference, action):
            return {"provider_reference": reference, "next_action": _action(action)}
        case o.Submitted(reference, _, capture) if capture:
            return {"provider_reference": reference, "capture_reference": capture}
        case o.Submitted(reference) | o.PayerActed(reference) | o.Canceled(reference):
            return {"provider_reference": reference}
        case o.Declined(reference=str(reference)):
            return {"provider_reference": reference}
        case _:
            return {}


def _capture(charge: Charge, fact: o.Approved) -> Columns:
    return {
        "provider_reference": fact.reference,
        "capture_reference": fact.capture_reference,
        "amount_captured_minor": fact.money.amount_minor,
    } | _card(charge, fact)


def _card(charge: Charge, fact: o.Approved) -> Columns:
    """What is known of a capture's card stays."""
    if charge.is_card_known and _is_its_own(charge, fact):
        return {}
    card = fact.card or o.Card("unknown")
    return {field.name: getattr(card, field.name) for field in fields(card)}


def _is_its_own(charge: Charge, fact: o.Approved) -> bool:
    return charge.capture_reference == fact.capture_reference


def _action(action: o.NextAction) -> dict[str, str]:
    known = {"kind": action.kind, "url": action.url, "client-secret": action.client_secret}
    return {name: value for name, value in known.items() if value is not None}

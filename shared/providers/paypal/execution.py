"""The carrying out of a frozen call."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from shared.domain.charge import Instrument
from shared.domain.outcomes import (
    Approved,
    Canceled,
    Indeterminate,
    Misconfigured,
    NotSent,
    Outcome,
    Refusal,
)
from shared.providers.base import FrozenCall
from shared.providers.paypal.agreement import Agreement, Standing
from shared.providers.paypal.answers import Meaning, declined, meaning_of
from shared.providers.paypal.api import PayPalApi
from shared.providers.paypal.calls import ORDERS_V2, Expectation, Target, target_of
from shared.providers.paypal.failures import CallFailed, Kind, Problem
from shared.providers.paypal.reading import Unreadable, is_id
from shared.providers.paypal.verdicts import must_approve, objection, outcome_of

SOON: Final = timedelta(seconds=2)
"""When to ask again about a request that PayPal is still busy with."""


class Execution:
    """One try of one frozen call."""

    def __init__(self, api: PayPalApi, call: FrozenCall, key: str, *, livemode: bool) -> None:
        self._api = api
        self._call = call
        self._key = key
        self._expected = Expectation.of(call)
        self._livemode = livemode

    def create(self) -> Outcome:
        """Create the order that the payer is to approve: that alone moves no money."""
        try:
            body = self._api.send(ORDERS_V2.collection, self._call.body["order"], self._key)
            order = ORDERS_V2.read(body)
        except CallFailed as failed:
            return self._not_created(failed.problem)
        except Unreadable as unreadable:
            return Indeterminate(f"unreadable order: {unreadable}")
        if objection(order, self._expected):
            return Indeterminate("answered with somebody else's order")
        if order.standing is Standing.APPROVED:
            # A replay after the payer was quick. The event, or a read, carries it on.
            return must_approve(order.reference, order.page)
        return outcome_of(order, livemode=self._livemode)

    def commit(self, instrument: Instrument) -> Outcome:
        """Capture or execute what the payer agreed to, if it is what this charge is about."""
        target = target_of(self._call, instrument)
        if not is_id(target.reference):
            return gone(target)
        try:
            agreement = read_target(self._api, target)
        except CallFailed as failed:
            return _not_sent(failed.problem, target)
        except Unreadable as unreadable:
            return NotSent(f"unreadable {target.dialect.collection}: {unreadable}")
        return self._settled(agreement) or self._post(target, agreement)

    def _settled(self, agreement: Agreement) -> Outcome | None:
        """What needs no POST; None where the capture is still to be made.

        Money that moved is adopted as it is: whoever books it compares it. All else must be about
        this charge, lest it wait for another's pending capture.
        """
        found = outcome_of(agreement, livemode=self._livemode)
        if isinstance(found, Approved):
            return found
        refused = objection(agreement, self._expected)
        is_due = agreement.standing is Standing.APPROVED and not agreement.captures
        return refused or (None if is_due else found)

    def _post(self, target: Target, before: Agreement) -> Outcome:
        try:
            body = self._api.send(target.verb_path, target.body, self._key)
            after = _of(target, target.dialect.read(body))
        except CallFailed as failed:
            return self._not_committed(failed.problem, target, before)
        except Unreadable as unreadable:
            return Indeterminate(f"unreadable answer: {unreadable}")
        if after.captures or after.standing is Standing.FAILED:
            return outcome_of(after, livemode=self._livemode)
        return Indeterminate("answered without a capture")

    def _not_created(self, problem: Problem) -> Outcome:
        if problem.is_kept:  # what it made, if it did, nobody is sent to: by a new key, then
            return NotSent(problem.reason, problem.retry_after, problem.is_ailing, replayable=False)
        if problem.kind is not Kind.REFUSED:
            return _unanswered(problem)
        meaning, code = meaning_of(problem)
        match meaning:
            case Refusal():
                return declined(meaning, code, None)
            case Meaning.OUR_ACCOUNT:
                return Misconfigured(problem.reason)
            case Meaning.DONE_BEFORE | Meaning.IN_PROGRESS | Meaning.KEY_CLASH:
                # Where our invoice was captured before, a person must see it: this runs out.
                is_replayable = meaning is not Meaning.KEY_CLASH
                return Indeterminate(problem.reason, is_replayable, problem.retry_after or SOON)
            case _:
                return declined(Refusal.REQUEST, code, None)

    def _not_committed(self, problem: Problem, target: Target, before: Agreement) -> Outcome:
        if problem.kind is not Kind.REFUSED:
            return _unanswered(problem)
        meaning, code = meaning_of(problem)
        match meaning:
            case Refusal():
                return declined(meaning, code, target.reference)
            case Meaning.DONE_BEFORE:
                return self._look(target, otherwise=Indeterminate(problem.reason))
            case Meaning.UNKNOWN:
                refused = declined(Refusal.REQUEST, code, target.reference)
                return self._look(target, otherwise=refused)
            case Meaning.PAYER_MUST_ACT:
                return must_approve(target.reference, problem.page or before.page)
            case _:
                return _undecided(meaning, problem, target)

    def _look(self, target: Target, otherwise: Outcome) -> Outcome:
        """Adopt a capture that is there after all."""
        try:
            agreement = read_target(self._api, target)
        except (CallFailed, Unreadable) as failed:
            return Indeterminate(f"refused, then not to be read: {failed}")
        return outcome_of(agreement, livemode=self._livemode) if agreement.captures else otherwise


def read_target(api: PayPalApi, target: Target) -> Agreement:
    """Read what a call is about; CallFailed or Unreadable where that fails."""
    return _of(target, target.dialect.read(api.read(target.path)))


def gone(target: Target) -> Outcome:
    """PayPal has no such object, or no more: unapproved and unfetched they are dropped."""
    if target.is_ours:
        return Canceled(target.reference)
    return declined(Refusal.BUYER, "approval_not_found", None)


def _of(target: Target, agreement: Agreement) -> Agreement:
    if agreement.reference != target.reference:
        raise Unreadable("somebody else's object")
    return agreement


def _unanswered(problem: Problem) -> Outcome:
    """A POST that ended without PayPal's yes or no."""
    match problem.kind:
        case Kind.CREDENTIALS:
            return Misconfigured(problem.reason)
        case Kind.UNSENT | Kind.DEFERRED:
            return NotSent(problem.reason, problem.retry_after, problem.is_ailing)
        case _:
            return Indeterminate(
                problem.reason, retry_after=problem.retry_after, is_ailing=problem.is_ailing
            )


def _undecided(meaning: Meaning, problem: Problem, target: Target) -> Outcome:
    """A refusal that is nobody's decline."""
    match meaning:
        case Meaning.IN_PROGRESS:
            return Indeterminate(problem.reason, retry_after=problem.retry_after or SOON)
        case Meaning.KEY_CLASH:
            return Indeterminate(problem.reason, replayable=False)
        case Meaning.GONE:
            return gone(target)
        case _:
            return Misconfigured(problem.reason)


def _not_sent(problem: Problem, target: Target) -> Outcome:
    """The read before the POST failed, so that the POST never left."""
    meaning = meaning_of(problem)[0] if problem.kind is Kind.REFUSED else None
    if problem.kind is Kind.CREDENTIALS or meaning is Meaning.OUR_ACCOUNT:
        return Misconfigured(problem.reason)
    if meaning is Meaning.GONE:
        return gone(target)
    return NotSent(problem.reason, problem.retry_after, problem.is_ailing)

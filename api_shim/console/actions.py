"""What operators do: each a form, that leads to where its effect is seen."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TypeVar

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from api_shim import runtime
from api_shim.console.room import mandate, room
from shared.domain.charge import Provider
from shared.domain.circuit import Key
from shared.domain.refund_decisions import RefundResolution
from shared.domain.resolutions import Resolution
from shared.operations import calling_off, charges, circuits, reconciliation, refunds
from shared.operations.resolving import Ask
from shared.operations.resolving import resolve as carry_out

routes = room("ops_actions")

Choice = TypeVar("Choice", Provider, Resolution, RefundResolution)


@routes.post("/charges/<row:charge_id>/retry")
def retry(charge_id: int) -> Response:
    """Make the charge's next attempt due now."""
    charges.retry(runtime.deps(), charge_id, mandate())
    return _back_to(charge_id)


@routes.post("/charges/<row:charge_id>/cancel")
def cancel(charge_id: int) -> Response:
    """Call the charge off, if its provider still can."""
    calling_off.cancel(runtime.deps(), charge_id, mandate())
    return _back_to(charge_id)


@routes.post("/charges/<row:charge_id>/resolve")
def resolve(charge_id: int) -> Response:
    """Carry out a person's decision."""
    reference = request.form.get("reference", "").strip() or None
    ask = Ask(_chosen(Resolution, "decision"), reference)
    carry_out(runtime.deps(), charge_id, ask, mandate())
    return _back_to(charge_id)


@routes.post("/charges/<row:charge_id>/refund")
def refund(charge_id: int) -> Response:
    """Give back what was captured, all that is left or a part."""
    amount = request.form.get("amount", "").strip() or None
    refunds.refund(runtime.deps(), charge_id, amount, mandate())
    return _back_to(charge_id)


@routes.post("/charges/<row:charge_id>/reconcile")
def reconcile(charge_id: int) -> Response:
    """Let a worker ask the provider how the charge stands."""
    reconciliation.reconcile_charge(runtime.deps(), charge_id, mandate())
    return _back_to(charge_id)


@routes.post("/refunds/<row:refund_id>/resolve")
def resolve_refund(refund_id: int) -> Response:
    """Carry out a person's decision about a refund."""
    reference = request.form.get("reference", "").strip() or None
    ask = refunds.RefundAsk(_chosen(RefundResolution, "decision"), reference)
    refunds.resolve(runtime.deps(), refund_id, ask, mandate())
    return _seen(url_for("ops_pages.reviews"))


@routes.post("/differences/<row:difference_id>/explain")
def explain(difference_id: int) -> Response:
    """Keep what explains a difference."""
    reconciliation.explain(runtime.deps(), difference_id, mandate())
    return _seen(url_for("ops_pages.differences"))


@routes.post("/differences/compare")
def reconcile_day() -> Response:
    """Let a worker compare a day."""
    key = _key()
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST, "Choose a day, as 2026-01-31.")
    wanted = reconciliation.LedgerDay(key.provider, day, key.account or None)
    reconciliation.reconcile_day(runtime.deps(), wanted, mandate())
    return _seen(url_for("ops_pages.differences"))


@routes.post("/circuits/pause")
def pause() -> Response:
    """Let no call be made for the account."""
    circuits.pause(runtime.deps(), _key(), mandate())
    return _seen(url_for("ops_pages.circuits"))


@routes.post("/circuits/resume")
def resume() -> Response:
    """Let calls be made again."""
    circuits.resume(runtime.deps(), _key(), mandate())
    return _seen(url_for("ops_pages.circuits"))


def _key() -> Key:
    return Key(_chosen(Provider, "provider"), request.form.get("account", "").strip())


def _chosen(kind: type[Choice], field: str) -> Choice:
    try:
        return kind(request.form.get(field, ""))
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST, f"Choose a {field}.")


def _back_to(charge_id: int) -> Response:
    return _seen(url_for("ops_pages.charge", charge_id=charge_id))


def _seen(page: str) -> Response:
    """Lead there by GET: loading that page again sends no form again."""
    return redirect(page, HTTPStatus.SEE_OTHER)

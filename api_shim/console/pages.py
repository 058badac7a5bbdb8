"""What operators see."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from flask import Response, abort, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from api_shim import runtime
from api_shim.console.glance import figures, plots, plots_of_lags
from api_shim.console.room import room, row_id, show
from shared.db import unit_of_work
from shared.domain.age_limits import oldest_allowed
from shared.domain.charge import Status
from shared.domain.resolutions import possible
from shared.health.beat import beat
from shared.health.broker import broker
from shared.health.work import work
from shared.operations.calling_off import CANCELLABLE
from shared.repository import standing
from shared.repository.ages import unexplained_differences
from shared.repository.charge_history import WINDOWS, together
from shared.repository.charge_lists import (
    NEWEST,
    list_charges,
    list_overdue,
    list_reviews,
)
from shared.repository.charge_tallies import read_history
from shared.repository.circuit_views import unclosed_circuits
from shared.repository.differences import open_differences
from shared.repository.dossiers import read_dossier
from shared.repository.lag_history import LONGEST, read_flows
from shared.repository.operator_actions import list_actions
from shared.repository.refund_intake import list_refund_reviews, read_refund
from shared.repository.search import search

routes = room("ops_pages")

_PAGE: Final = 50
_OVERDUE: Final = "overdue"
_PAGES_OF: Final = {
    "webhook event": "ops_events.webhook",
    "outbound event": "ops_events.outbound_event",
}
"""The kinds of a timeline's entries that have a page of their own."""


@routes.get("")
def home() -> Response:
    """How charges fared over a window, what stands where, what waits for somebody."""
    over = request.args.get("over", "day")
    if over not in WINDOWS:
        abort(HTTPStatus.BAD_REQUEST, f"Choose a window: {', '.join(WINDOWS)}.")
    deps, window = runtime.deps(), WINDOWS[over]
    now = deps.clock()
    starts = window.starts(now)
    with unit_of_work(deps.engine) as connection:
        history = read_history(connection, window, now)
        flows = read_flows(connection, window, now) if window.length <= LONGEST else {}
        circuits = unclosed_circuits(connection)
        charges = list_charges(connection, most=10)
        stands = _stands(connection, now)
        unexplained = unexplained_differences(connection)
        health = [beat(connection, deps.settings, now), *work(connection, now)]
    health.append(broker(deps.settings.broker))
    return show(
        "home",
        health=health,
        figures={name: figures(together(line)) for name, line in history.items()},
        plots=plots(history, starts) + (plots_of_lags(flows, starts) if flows else []),
        has_lags=bool(flows),
        over=over,
        windows=WINDOWS,
        circuits=circuits,
        charges=charges,
        stands=stands,
        unexplained=unexplained,
        now=now,
    )


def _stands(connection: Connection, now: datetime) -> dict[str, list[standing.Standing]]:
    return {
        "Charges that are not over": standing.charges_standing(connection),
        "Refunds that wait for a person": standing.refunds_in_review(connection),
        "Queue depth: due, and not yet with a worker": standing.due_rows(connection, now),
        "Webhook lag: events to handle": standing.unhandled_events(connection),
        "Outbound lag: deliveries owed": [standing.owed_deliveries(connection)],
    }


@routes.get("/search")
def find() -> AnyResponse:
    """Go to the one charge that is named, else show what is."""
    wanted = request.args.get("q", "").strip()
    with unit_of_work(runtime.deps().engine) as connection:
        hits = search(connection, wanted)
    charges = {hit.charge_id for hit in hits}
    if len(charges) == 1 and (charge := charges.pop()) is not None:
        return redirect(url_for("ops_pages.charge", charge_id=charge))
    return show("search", wanted=wanted, hits=hits)


@routes.get("/charges")
def charges() -> Response:
    """List charges, the newest first, or those that are overdue, the longest first."""
    status, deps = request.args.get("status", ""), runtime.deps()
    if status and status not in [*Status, _OVERDUE]:
        abort(HTTPStatus.BAD_REQUEST, "There is no such status.")
    with unit_of_work(deps.engine) as connection:
        if status == _OVERDUE:
            found = list_overdue(connection, oldest_allowed(deps.clock()), most=_PAGE)
        else:
            wanted = Status(status) if status else None
            found = list_charges(connection, wanted, before=row_id("before", NEWEST), most=_PAGE)
    return show("charges", charges=found, chosen=status, choices=[*Status, _OVERDUE], page=_PAGE)


@routes.get("/charges/<int:charge_id>")
def charge(charge_id: int) -> Response:
    """Show one charge with all that happened to it."""
    deps = runtime.deps()
    with unit_of_work(deps.engine) as connection:
        is_row = charge_id <= NEWEST
        found = read_dossier(connection, charge_id, None, deps.clock()) if is_row else None
    if found is None:
        abort(HTTPStatus.NOT_FOUND, f"There is no charge {charge_id}.")
    kinds = {entry.kind for entry in found.timeline}
    decisions = possible(
        is_captured=found.charge.capture_reference is not None, has_stray="stray capture" in kinds
    )
    return show(
        "charge",
        charge=found.charge,
        dossier=found,
        decisions=decisions,
        cancellable=CANCELLABLE,
        pages=_PAGES_OF,
        tasks=deps.settings.tasks_url(charge_id),
        task_url=deps.settings.task_url,
    )


@routes.get("/refunds/<row:refund_id>")
def refund(refund_id: int) -> AnyResponse:
    """Go to the charge of a refund, as Flower leads to it."""
    with unit_of_work(runtime.deps().engine) as connection:
        found = read_refund(connection, refund_id, None)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, f"There is no refund {refund_id}.")
    return redirect(url_for("ops_pages.charge", charge_id=found.charge_id))


@routes.get("/reviews")
def reviews() -> Response:
    """List what waits for a person, the oldest first."""
    after = row_id("after", 0)
    with unit_of_work(runtime.deps().engine) as connection:
        found = list_reviews(connection, after=after, most=_PAGE)
        refunds = list_refund_reviews(connection, most=_PAGE)
        unexplained = unexplained_differences(connection)
    return show("reviews", reviews=found, refunds=refunds, unexplained=unexplained, page=_PAGE)


@routes.get("/differences")
def differences() -> Response:
    """List what our rows and the providers' ledgers do not agree on."""
    deps = runtime.deps()
    with unit_of_work(deps.engine) as connection:
        found = open_differences(connection, row_id("before", NEWEST), _PAGE)
    return show("differences", differences=found, providers=deps.providers, page=_PAGE)


@routes.get("/circuits")
def circuits() -> Response:
    """Show through which accounts no calls are made."""
    deps = runtime.deps()
    with unit_of_work(deps.engine) as connection:
        found = unclosed_circuits(connection)
    return show("circuits", circuits=found, providers=deps.providers)


@routes.get("/audit")
def audit() -> Response:
    """List what operators did, by all of them or one, the newest first."""
    wanted = {name: request.args.get(name, "").strip() for name in ("actor", "action")}
    with unit_of_work(runtime.deps().engine) as connection:
        found = list_actions(connection, **wanted, before=row_id("before", NEWEST), most=_PAGE)
    return show("audit", actions=found, wanted_of=wanted, page=_PAGE)


@routes.route("/<path:wanted>", methods=["GET", "POST"])
def nowhere(wanted: str) -> Response:
    """Say so as a page; without a route the API would answer, in its own form."""
    abort(HTTPStatus.NOT_FOUND, f"There is no page {wanted}.")

"""A room of the console: a blueprint whose pages are guarded, and whose errors are pages."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as AnyResponse

from api_shim import errors
from api_shim.console.session import Operator, csrf_token, has_ended, is_ours, operator
from api_shim.errors import ApiError
from shared.domain.errors import ActionRefused, ChargehandError
from shared.operations.acting import Mandate
from shared.repository.charge_lists import NEWEST

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


class RowConverter(BaseConverter):
    """A row's id in a path; with more digits than one may have, the path leads nowhere.

    Werkzeug's own, given a most, has no other route looked at, and so no page.
    """

    regex = r"\d{1,18}"

    def to_python(self, value: str) -> int:
        """The id."""
        return int(value)


def room(name: str, *, is_open: bool = False) -> Blueprint:
    """A blueprint under /ops; only where it is open does it let in who is not signed in.

    Its pages are not of the API: they are no doors, so the API's description leaves them out.
    """
    made = Blueprint(name, __name__, url_prefix="/ops", template_folder="templates")
    made.before_request(_require_text)
    made.before_request(_require_form)
    if not is_open:
        made.before_request(_require_operator)
    made.context_processor(_surroundings)
    made.after_request(_restrict)
    made.register_error_handler(Exception, lambda error: _page(errors.refusal(error)))
    made.register_error_handler(ChargehandError, _conflict)
    return made


def signed_in() -> Operator:
    """Who asks."""
    found = operator()
    if found is None:
        abort(HTTPStatus.UNAUTHORIZED, "Sign in first.")
    return found


def mandate() -> Mandate:
    """Who wants the action of this form, and why; the form itself says which action it is."""
    try:
        identifier = UUID(request.form.get("once", ""))
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST, "The form says not which action it is. Load the page anew.")
    return Mandate(signed_in().name, request.form.get("reason", ""), identifier)


def row_id(name: str, unless: int) -> int:
    """The id that a list goes on from, within what a row's id may be."""
    return min(max(request.args.get(name, unless, int), 0), NEWEST)


def show(template: str, status: int = HTTPStatus.OK, **facts: object) -> Response:
    """A page."""
    page = render_template(f"ops/{template}.html", **facts)
    return Response(page, status, content_type="text/html; charset=utf-8")


def _require_text() -> None:
    """Refuse what no text of the database can be."""
    given = (*request.args.values(), *request.form.values())
    if any("\0" in each for each in given):
        abort(HTTPStatus.BAD_REQUEST, "A text holds a NUL character: nothing was changed.")


def _require_form() -> None:
    if request.method == "POST" and not is_ours(request.form.get("csrf", "")):
        abort(HTTPStatus.BAD_REQUEST, "The form is none of this session. Load the page anew.")


def _require_operator() -> AnyResponse | None:
    found = operator()
    if found is None and request.method == "GET":
        wanted = urlsplit(request.full_path.rstrip("?"))
        return redirect(url_for("ops_sessions.sign_in_page", next=wanted.geturl()))
    if found is None:
        why = "Your session has ended" if has_ended() else "You are not signed in"
        abort(HTTPStatus.UNAUTHORIZED, f"{why}: nothing was changed.")
    if request.method == "POST" and not found.may_act:
        abort(HTTPStatus.FORBIDDEN, "This needs the scope ops:act: nothing was changed.")
    return None


def _surroundings() -> dict[str, Any]:
    # Where a form led that came too late: to the page that it stood on.
    stood_on = request.path.rpartition("/")[0]
    return {"operator": operator(), "csrf": csrf_token, "once": uuid4, "stood_on": stood_on}


def _restrict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _page(refused: ApiError) -> Response:
    page = show("refused", refused.status, title=refused.status.phrase, why=refused.detail)
    page.headers.extend(refused.headers)
    return page


def _conflict(error: ChargehandError) -> Response:
    status = HTTPStatus.CONFLICT if isinstance(error, ActionRefused) else HTTPStatus.BAD_GATEWAY
    return show("refused", status, title="Nothing was changed", why=str(error))

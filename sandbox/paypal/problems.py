"""The refusals PayPal words in its two error shapes."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.paypal.issues import DEFAULT_STATUS, ISSUES, V1_NAMES, V1_STATUSES

_NAMES: Mapping[int, tuple[str, str]] = {
    400: (
        "INVALID_REQUEST",
        "Request is not well-formed, syntactically incorrect, or violates schema.",
    ),
    401: (
        "AUTHENTICATION_FAILURE",
        "Authentication failed due to missing authorization header, or invalid credentials.",
    ),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    409: ("RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, "
        "or failed business validation.",
    ),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error has occurred."),
    503: ("SERVICE_UNAVAILABLE", "The service is temporarily unavailable."),
}
_V1_NAMES: Mapping[int, tuple[str, str]] = {
    500: ("INTERNAL_SERVICE_ERROR", "An internal service error has occurred."),
}


@dataclass(frozen=True)
class Detail:
    """What is wrong at one place of the request."""

    issue: str
    field: str | None = None
    value: object = None

    def as_v2(self) -> dict[str, object]:
        """Word it as `details[]` of the v2 shape."""
        place = {"field": self.field, "value": self.value, "location": "body"}
        described = {"issue": self.issue, "description": ISSUES.get(self.issue, self.issue)}
        return {**({} if self.field is None else place), **described}


class Problem(Exception):
    """A request PayPal refuses; `status` is the v2 one, the v1 shape may differ."""

    def __init__(self, status: int, *details: Detail) -> None:
        super().__init__(status, *details)
        self.status = status
        self.details = details

    def as_v2(self, debug_id: str, help_url: str) -> dict[str, object]:
        """Word the v2 shape, where the decision is on `details[0].issue`."""
        name, message = _NAMES[self.status]
        return {
            "name": name,
            "details": [detail.as_v2() for detail in self.details],
            "message": message,
            "debug_id": debug_id,
            "links": [{"href": help_url, "rel": "information_link", "method": "GET"}],
        }

    def v1_status(self) -> int:
        """Give the HTTP status of the v1 shape, which knows 400 where v2 says 422."""
        issue = self.details[0].issue if self.details else ""
        own = V1_STATUSES.get(V1_NAMES.get(issue, issue))
        return own or (400 if self.status == 422 else self.status)  # noqa: PLR2004

    def as_v1(self, debug_id: str, help_url: str) -> dict[str, object]:
        """Word the v1 shape, where the decision is on `name`."""
        validation = [
            {"field": (detail.field or "").strip("/").replace("/", "."), "issue": detail.issue}
            for detail in self.details
            if detail.field is not None
        ]
        schema = self.status == 400 and bool(validation)  # noqa: PLR2004
        name, message = self._v1_name(has_fields=schema)
        shape: dict[str, object] = {
            "name": name,
            "message": message,
            "information_link": help_url,
            "debug_id": debug_id,
        }
        return {**shape, "details": validation} if validation else shape

    def _v1_name(self, *, has_fields: bool) -> tuple[str, str]:
        if has_fields:
            return "VALIDATION_ERROR", "Invalid request - see details"
        if self.details:
            issue = V1_NAMES.get(self.details[0].issue, self.details[0].issue)
            return issue, ISSUES.get(issue, issue)
        return _V1_NAMES.get(self.status, _NAMES[self.status])


def invalid(*details: Detail) -> Problem:
    """Refuse a request that breaks the schema."""
    return Problem(400, *details)


def unprocessable(issue: str, *, field: str | None = None, value: object = None) -> Problem:
    """Refuse a well-formed request that business forbids."""
    return Problem(422, Detail(issue, field, value))


def not_found() -> Problem:
    """Refuse an id this merchant does not have."""
    return Problem(404, Detail("INVALID_RESOURCE_ID"))


def conflict(issue: str) -> Problem:
    """Refuse what collides with a request still in flight."""
    return Problem(409, Detail(issue))


def from_code(code: str) -> Problem | None:
    """Give the problem a `PayPal-Mock-Response` code asks for; None when nobody knows it."""
    if code not in ISSUES:
        names = {name: status for status, (name, _) in _NAMES.items()}
        return Problem(names[code]) if code in names else None
    return Problem(DEFAULT_STATUS.get(code, 422), Detail(code))

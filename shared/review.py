"""What a person is shown of a charge that is put before them."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Connection

from shared.domain.charge import Charge
from shared.domain.evidence import facts_of
from shared.domain.suggestions import Case, suggest
from shared.repository.attempts import history_of

log = structlog.get_logger()


def present(connection: Connection, case: Case, evidence: dict[str, Any] | None) -> dict[str, Any]:
    """Add to the evidence all that is known, with what Chargehand would do; raise the alarm."""
    suggestion = suggest(case)
    log.error("charge.needs_review", charge_id=case.charge.id, suggestion=suggestion.action)
    return {
        **(evidence or {}),
        "answer": facts_of(case.outcome),
        "charge": _known(case.charge),
        "attempts": history_of(connection, case.charge.id),
        "suggestion": {"action": suggestion.action, "because": suggestion.because},
    }


def _known(charge: Charge) -> dict[str, str | None]:
    return {
        "status": charge.status,
        "order-status": charge.order_status,
        "money": str(charge.money),
        "account": charge.account,
        "provider-reference": charge.provider_reference,
        "capture-reference": charge.capture_reference,
    }

"""A charge carried out through any adapter."""

import json
from datetime import timedelta

from shared.domain import outcomes as o
from shared.providers.base import ChargeRequest, FrozenCall
from tests.contract.rig import Rig

AN_HOUR = timedelta(hours=1)


def freeze(rig: Rig, request: ChargeRequest) -> FrozenCall:
    """Freeze the call, through JSON as the database keeps it."""
    call = rig.adapter.freeze(request)
    return FrozenCall(call.operation, json.loads(json.dumps(call.body)))


def key_of(request: ChargeRequest) -> str:
    return f"chg-{request.charge}-1"


def perform(rig: Rig, request: ChargeRequest) -> o.Outcome:
    return rig.adapter.perform(freeze(rig, request), request.instrument, key_of(request))

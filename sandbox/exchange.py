"""The way of one API call through the sandbox, the same for every provider."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from sandbox import wire
from sandbox.call import Arrival, Call, Dialect, Operation
from sandbox.door import SANDBOX
from sandbox.falsify import falsified, gate_reply
from sandbox.fault_catalogue import Stage
from sandbox.faults import Fault
from sandbox.idempotency import Claim
from sandbox.reply import Refused, Reply
from sandbox.requests_log import LoggedRequest, RequestLog, digest, kept_headers, without_secrets

REQUEST_STAGES = (Stage.GATE, Stage.HOLD, Stage.OUTCOME, Stage.REPLY, Stage.WIRE)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ConnectionDroppedError(Exception):
    """A HOLD fault ended the connection: nothing was executed, nothing is answered."""


def handler(dialect: Dialect, operation: Operation) -> Handler:
    """Return the aiohttp handler that runs `operation` as the provider would."""

    async def handle(request: web.Request) -> web.StreamResponse:
        arrival = await _arrival(request, dialect)
        line = _log_line(arrival, dialect.provider)
        begun = time.perf_counter()
        try:
            return await _serve(request, arrival, line, dialect, operation)
        finally:
            line.duration_ms = round((time.perf_counter() - begun) * 1000, 3)
            line.finished = True

    return handle


async def _serve(
    request: web.Request,
    arrival: Arrival,
    line: LoggedRequest,
    dialect: Dialect,
    operation: Operation,
) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    try:
        call = dialect.open(arrival, sandbox.tenants)
    except Refused as refused:
        return await _refuse(
            request, line, dialect.dress(arrival, None, refused.reply), sandbox.strangers
        )
    call.tenant.requests.add(line)
    line.account, line.idempotency_key = call.account, call.idempotency_key
    _let_faults_strike(call, dialect)
    line.fault = "+".join(fault.name for fault in call.faults) or None
    try:
        reply = await _answer(request, call, dialect, operation)
    except ConnectionDroppedError:
        return web.Response(status=500)
    return await _deliver(request, call, line, dialect.dress(arrival, call, reply))


async def _answer(
    request: web.Request, call: Call, dialect: Dialect, operation: Operation
) -> Reply:
    if gate := call.fault_at(Stage.GATE):
        return gate_reply(dialect, call, gate)
    if call.fault("expire_key") and call.idempotency_key:
        call.tenant.idempotency.forget_key(call.idempotency_key)
    claim = dialect.claim(call)
    if isinstance(claim, Reply):
        return _after_commit(call, dialect, claim)
    try:
        await _hold(request, call)
        reply = _execute(call, dialect, operation, claim)
    finally:
        if claim is not None:
            claim.release()
    return _after_commit(call, dialect, reply)


def _execute(call: Call, dialect: Dialect, operation: Operation, claim: Claim | None) -> Reply:
    broken = call.fault("500_stored")
    if broken and not broken.arguments.get("committed", True):
        reply = dialect.canned(call, broken)
    else:
        reply = dialect.perform(call, operation)
        call.committed = reply.storable and not call.is_reading
        reply = replace(dialect.canned(call, broken), truthful=False) if broken else reply
    if claim is not None and reply.storable:
        claim.settle(reply)
    return reply


def _after_commit(call: Call, dialect: Dialect, reply: Reply) -> Reply:
    fault = call.fault_at(Stage.REPLY)
    return falsified(dialect, call, fault, reply) if fault else reply


async def _hold(request: web.Request, call: Call) -> None:
    await _wait(call, "before")
    fault = call.fault_at(Stage.HOLD)
    if fault is None:
        return
    if fault.name == "hang_before":
        await wire.hang(request, fault)
    elif fault.name == "reset_before":
        wire.reset(request)
    wire.close(request)
    raise ConnectionDroppedError


async def _wait(call: Call, when: str) -> None:
    delays = (f.arguments for f in call.faults if f.name == "delay")
    waits = [float(a.get("ms", 1000)) / 1000 for a in delays if a.get("when", "before") == when]
    settings = call.tenant.settings
    if when == "before" and settings.latency_median_ms:
        median = math.log(settings.latency_median_ms / 1000)
        waits.append(call.tenant.random.lognormvariate(median, settings.latency_sigma))
    if waits:
        await asyncio.sleep(sum(waits))


async def _deliver(
    request: web.Request, call: Call, line: LoggedRequest, reply: Reply
) -> web.StreamResponse:
    early, late = call.tenant.webhooks.splits(call.events)
    line.committed, line.status = call.committed, reply.status
    line.replayed = reply.replayed
    await call.tenant.webhooks.announce_at_once(early)
    await _wait(call, "after")
    fault = call.fault_at(Stage.WIRE)
    if fault is None:
        response, line.bytes_sent, written = await wire.send(request, reply)
        call.tenant.webhooks.announce(late)
    else:
        call.tenant.webhooks.announce(late)
        response, line.bytes_sent, written = await wire.send_badly(request, fault, reply)
    line.delivered = written and reply.truthful
    if call.committed:
        tenant = call.tenant
        tenant.ledger.note_response(tenant.name, line.request_id, delivered=line.delivered)
    return response


async def _refuse(
    request: web.Request, line: LoggedRequest, reply: Reply, log: RequestLog
) -> web.StreamResponse:
    log.add(line)
    line.status = reply.status
    response, line.bytes_sent, line.delivered = await wire.send(request, reply)
    return response


def _let_faults_strike(call: Call, dialect: Dialect) -> None:
    magic = dialect.magic(call)
    rules = call.tenant.faults.strike(dialect.occasion(call), REQUEST_STAGES)
    call.faults = [*rules] if magic is None else [magic]
    call.skew = sum(_skew(fault) for fault in call.faults)


def _skew(fault: Fault) -> float:
    return float(fault.arguments.get("seconds", 3600)) if fault.name == "clock_skew" else 0.0


async def _arrival(request: web.Request, dialect: Dialect) -> Arrival:
    return Arrival(
        method=request.method,
        path=request.path,
        query=request.rel_url.raw_query_string,
        headers=request.headers,
        body=await request.read(),
        route=request.match_info,
        request_id=dialect.new_request_id(),
    )


def _log_line(arrival: Arrival, provider: str) -> LoggedRequest:
    return LoggedRequest(
        provider=provider,
        method=arrival.method,
        path=without_secrets(arrival.path),
        query=without_secrets(arrival.query),
        request_id=arrival.request_id,
        ts=time.time(),
        body_sha256=digest(arrival.body),
        headers=kept_headers(arrival.headers),
    )

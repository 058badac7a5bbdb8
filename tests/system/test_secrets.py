"""Every secret goes in, everything fails; then all that anybody was told is searched for them."""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import pytest
import redis

from chaos.leaks import RedisWatch, leaks, of_keys
from local.engines import Redis
from local.folders import PROJECT, temporary_folder
from shared.vault import Vault
from tests.sandbox.listener import Listener
from tests.system.collector import Collector
from tests.system.system import System
from tests.system.test_promises import stripe_event
from tests.system.told import Answers, SentrySink, events, logs, rows, sealed_in

CREATE = "POST /v1/payment_intents$"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
PAGE = re.compile(r'href="(/ops[^"#?]*)"')
SCOPES = "orders:write charges:write refunds:write admin ops:act"
SPOILT, REFUSED, BROKEN = "66.66", "77.77", "88.88"
"""Amounts of orders whose instrument no longer reads, whose row is refused, whose task fails."""


def word(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex}"


GIVEN: Final = {
    "card token": word("tok_1"),
    "payment method": word("pm_1"),
    "instrument that does not read": word("tok_1"),
    "PayPal payer id": word("PAYER").upper(),
    "Connect code": word("ac_"),
    "database password": word("pw"),
    "metrics token": word("mt"),
    "Sentry key": word("sk"),
    "endpoint token": word("ep"),
    "text of an exception": word("ex"),
    "query": word("qu"),
}
CREATED = "the answer 201 to POST /v1/webhook-endpoints"
MEANT = {
    f"The secret {what} is in {CREATED}." for what in ("endpoint token", "sealed 0", "sealed 1")
}
MEANT |= {"The secret endpoint token is in the table outbound_endpoints."}
"""An endpoint's secret is told once, to who made it; its address is the platform's own."""


class Scene:
    """The system with those who listen to it, a client that keeps all answers."""

    def __init__(self, system: System, sentry: SentrySink, collector: Collector) -> None:
        self.system, self.sentry, self.collector = system, sentry, collector
        self.answers = Answers()
        self.printed: list[tuple[str, bytes]] = []
        expires = datetime.now(UTC) + timedelta(hours=1)
        claims = {"sub": "buyer", "scope": SCOPES, "exp": expires}
        self.token = jwt.encode(claims, system.keys.JWT_SECRET, "HS256")
        past = claims | {"exp": datetime.now(UTC) - timedelta(hours=1)}
        self.stale_token = jwt.encode(past, system.keys.JWT_SECRET, "HS256")

    def post(self, path: str, kind: str, event: str = "", **attributes: Any) -> dict[str, Any]:
        """Send a document; what the answer's resource says."""
        named = {name.replace("_", "-"): value for name, value in attributes.items()}
        data: dict[str, Any] = {"type": kind, "attributes": named}
        if event:
            data["relationships"] = {"event": {"data": {"type": "event", "id": event}}}
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/vnd.api+json",
        }
        body = json.dumps({"data": data})
        answer = self.answers.post(self.system.base + path, body, headers=headers, timeout=60)
        return dict(answer.json().get("data", {}))

    def charge(self, mode: str = "stripe", amount: str = "19.99", **instrument: str) -> str:
        """Charge a new order; the charge's link, empty where it was refused."""
        order = str(uuid.uuid4())
        told = {"identifier": order, "user_id": "buyer", "amount": amount, "currency": "USD"}
        self.post("/v1/orders", "order", self.system.event, payment_mode=mode, **told)
        made = self.post(f"/v1/orders/{order}/charge", "charge", **instrument)
        return str(made.get("links", {}).get("self", ""))


@pytest.fixture(scope="module")
def scene(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A system with secrets wherever it has room for one, after all has gone wrong with it."""
    folder = Path(tmp_path_factory.mktemp("system"))
    where = urlsplit(new_database())
    named = where._replace(netloc=where.netloc.replace("@", f":{GIVEN['database password']}@"))
    with (
        temporary_folder("system") as place,
        Redis(place) as server,
        SentrySink() as sentry,
        Collector() as collector,
    ):
        system = System(
            folder,
            named.geturl(),
            server,
            SENTRY_DSN=sentry.dsn(GIVEN["Sentry key"]),
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
            OTEL_BSP_SCHEDULE_DELAY="50",
            METRICS_TOKEN=GIVEN["metrics token"],
        )
        try:
            system.start()
            made = Scene(system, sentry, collector)
            set_traps(system)
            yield made
        finally:
            system.stop()


def set_traps(system: System) -> None:
    """Let the database break some rows, and say in its errors what it was given."""
    unreadable = {"kind": "none", "token": GIVEN["instrument that does not read"]}
    sealed = Vault([system.keys.ENCRYPTION_KEYS]).seal(json.dumps(unreadable)).hex()
    text = GIVEN["text of an exception"]
    traps = {
        ("orders", "INSERT", "7777"): f"RAISE EXCEPTION '{text}'",
        ("charges", "INSERT", "6666"): f"NEW.instrument := '\\x{sealed}'",
        ("charges", "UPDATE", "8888"): f"RAISE EXCEPTION '{text}'",
    }
    for (table, what, amount), body in traps.items():
        name = f"trap_{amount}"
        hook = f"{what} OF status" if what == "UPDATE" else what
        system.sql(f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN {body}; RETURN NEW; END $$;
            CREATE TRIGGER {name} BEFORE {hook} ON {table} FOR EACH ROW
                WHEN (NEW.amount_minor = {amount}) EXECUTE FUNCTION {name}();
            SELECT 1
        """)


def live(scene: Scene, receiver: Listener) -> None:
    """Buyers, organizers, the platform, providers and strangers, with every secret there is."""
    system, fault = scene.system, scene.system.control.fault
    for address in (receiver.url, f"http://127.0.0.1:1025/?token={GIVEN['endpoint token']}"):
        scene.post("/v1/webhook-endpoints", "webhook-endpoint", url=address)
    fault("malformed_json", CREATE, provider="stripe")
    links = [
        scene.charge(stripe="tok_visa"),
        scene.charge(stripe=GIVEN["card token"]),
        scene.charge(stripe=GIVEN["payment method"]),
        scene.charge(
            "paypal", paypal_payment_id="PAYID-1", paypal_payer_id=GIVEN["PayPal payer id"]
        ),
    ]
    for amount in (SPOILT, REFUSED, BROKEN):
        scene.charge(amount=amount, stripe="tok_visa")
    organized: dict[str, Any] = {"identifier": "organized", "name": "x", "currency": "USD"}
    organized |= {"can_pay_by_stripe": True, "organizer_ids": ["buyer"]}
    scene.post("/v1/events", "event", **organized)
    for code in (GIVEN["Connect code"], system.control.authorization_code()["code"]):
        scene.post(
            "/v1/stripe-authorization", "stripe-authorization", "organized", stripe_auth_code=code
        )
    for token in (scene.stale_token, system.keys.STRIPE_API_KEY):
        scene.answers.get(
            f"{system.base}/v1/charges/1", headers={"Authorization": f"Bearer {token}"}
        )
    scene.answers.get(f"{system.base}/v1/charges/1?token={GIVEN['query']}")
    thing = {"id": "pi_1", "object": "payment_intent", "status": GIVEN["card token"]}
    stripe_event(system, "payment_intent.succeeded", thing)
    stripe_event(system, "payment_intent.succeeded", thing, secret=GIVEN["query"])
    assert all(links)
    assert system.settled(links[0]) == "succeeded"
    scene.post(f"{links[0]}/refunds", "refund")
    system.until(lambda: system.status(links[1]) == "failed", "the card token is refused")


def look(scene: Scene) -> None:
    """An operator looks at everything, in the console, the counts, the terminal."""
    system, ask = scene.system, scene.answers
    form = {"csrf": CSRF.findall(ask.get(f"{system.base}/ops/sign-in").text)[0]}
    ask.post(f"{system.base}/ops/sign-in", data=form | {"token": scene.token})
    seen, waiting = set[str](), ["/ops"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        found = set(PAGE.findall(ask.get(system.base + page).text))
        waiting += sorted(found - seen - set(waiting))
    assert len(seen) > 10
    token = {"Authorization": f"Bearer {GIVEN['metrics token']}"}
    assert ask.get(f"{system.base}/metrics", headers=token).ok
    away = re.sub(r":\d+/", ":1/", system.environment["DATABASE_URL"])
    lost = system.environment | {"DATABASE_URL": away}
    for command, environment in (
        ("charges show 1", system.environment),
        ("doctor", system.environment),
        ("charges list --json", lost),
    ):
        run = [sys.executable, "-m", "cli", *command.split()]
        done = subprocess.run(run, env=environment, cwd=PROJECT, capture_output=True, check=False)
        scene.printed.append((f"what `{command}` printed", done.stdout + done.stderr))


@pytest.mark.timeout(400)
def test_no_secret_is_told_to_anybody(scene: Scene) -> None:
    system = scene.system
    known = GIVEN | of_keys(system.keys) | {"token": scene.token, "stale": scene.stale_token}
    with (
        RedisWatch(system.redis.url, known) as watch,
        Listener() as receiver,
        redis.Redis.from_url(system.redis.url) as client,
        client.pubsub() as heard,
    ):
        heard.psubscribe("*")
        live(scene, receiver)
        look(scene)
        told_of = {"charge.execute", "request.failed"}
        system.until(lambda: told_of <= tags_of(scene.sentry), "Sentry is told of both failures")
        system.until(
            lambda: any(one.failed for one in scene.collector.spans()), "and the collector"
        )
        watch.look()
        flowered = [("an event for Flower", event) for event in events(heard)]
        sent = [("an outbound event", one.body) for one in receiver.deliveries]
    exported = [("a trace", one.body) for one in scene.collector.deliveries]
    reported = [("Sentry", json.dumps(one).encode()) for one in scene.sentry.events()]
    counted = [("the counts of workers", system.counts().encode())]
    texts = [*logs(system), *rows(system), *scene.answers.kept, *scene.printed]
    texts += [*sent, *exported, *reported, *counted, *flowered]
    assert all((sent, exported, reported, scene.printed))
    assert any(b"task-failed" in event for _, event in flowered)

    found = sorted({*leaks(texts, known | sealed_in(system)), *watch.found} - MEANT)
    assert found == [], "\n".join(found)


def tags_of(sentry: SentrySink) -> set[str]:
    """The events and tasks that Sentry was told of."""
    return {str(one["tags"].get(tag)) for one in sentry.events() for tag in ("event", "task")}

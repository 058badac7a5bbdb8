"""The console over a world in which much went wrong, as operators find it in a browser."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from uuid import uuid4

from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from api_shim.app import create_app
from local.ports import free_port
from shared.domain.charge import Provider, StripeToken
from shared.domain.circuit import Key
from shared.operations import circuits
from shared.operations.acting import Mandate
from tests.api.platform import Platform
from tests.reconciliation.refunding import POLL, ask, told
from tests.reconciliation.workshop import Order, Workshop
from worker import charging, event_lists

ACTOR = {"sub": "grace", "scope": "ops:act"}
PAYMENTS = "^POST /v1/payment_intents$"
STUCK = "pm_card_sandbox_processing_stuck"
SUGGESTION = '{"suggestion": {"action": "look_up", "because": "The provider settles it late."}}'


@dataclass(frozen=True)
class Scene:
    """A console at `address`, a shop behind it, and the charges that have something to show."""

    workshop: Workshop
    platform: Platform
    address: str
    charges: Mapping[str, int]

    def url(self, path: str) -> str:
        """The address of a page of the console."""
        return f"{self.address}{path}"

    def sign_in(self, page: Page) -> None:
        """Begin a session of one who may act."""
        page.goto(self.url("/sign-in"))
        page.get_by_label("Token").fill(self.platform.token(ACTOR))
        page.get_by_role("button", name="Sign in").press("Enter")
        expect(page.get_by_role("heading", name="Console")).to_be_visible()

    def newest(self, table: str) -> int:
        """The highest id of a table."""
        ((row_id,),) = self.workshop.sql(f"SELECT max(id) FROM {table}")  # noqa: S608 names of ours
        return int(row_id)


@contextmanager
def opened(sandbox_url: str, database_url: str) -> Iterator[Scene]:
    """The scene for the block."""
    port = free_port()
    allowed = {
        "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
        "OUTBOUND_ALLOWED_PORTS": str(port),
        "FLOWER_URL": "http://127.0.0.1:5555",
    }
    with Workshop(sandbox_url, database_url, **allowed) as workshop:
        platform = Platform(create_app(workshop.deps), workshop.deps, workshop.keys.JWT_SECRET)
        platform.endpoint(url=f"http://127.0.0.1:{port}/hook")
        _let_a_day_pass(workshop)
        charges = _charges(workshop)
        mandate = Mandate("ada", "PayPal says that it is out", uuid4())
        circuits.pause(workshop.deps, Key(Provider.PAYPAL, ""), mandate)
        with _served(platform) as address:
            yield Scene(workshop, platform, address, charges)


@contextmanager
def _served(platform: Platform) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, platform.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/ops"
    server.shutdown()
    thread.join()
    server.server_close()


def _let_a_day_pass(workshop: Workshop) -> None:
    for number in range(24):
        workshop.charge_by_stripe("tok_chargeDeclined" if number % 9 == 4 else "tok_visa")
    workshop.run()
    workshop.sql(
        "UPDATE charges SET created_at = created_at - mod(id * 7, 24) * interval '59 minutes',"
        " settled_at = settled_at - mod(id * 7, 24) * interval '59 minutes'"
        " + power(mod(id, 4), 3) * interval '1 second' RETURNING 1"
    )


def _charges(workshop: Workshop) -> dict[str, int]:
    stories: dict[str, Callable[[Workshop], int]] = {
        "paid": _paid,
        "refunded": _refunded,
        "declined": _declined,
        "waiting for its payer": _waiting,
        "before a person": _before_a_person,
        "in doubt": lambda workshop: in_doubt(workshop)[1],
    }
    charges = {name: story(workshop) for name, story in stories.items()}
    workshop.sql("UPDATE attempts SET task_id = gen_random_uuid() RETURNING 1")  # as if by Celery
    workshop.advance(seconds=POLL)
    event_lists.read(workshop.deps)  # what it finds waits
    return charges


def _paid(workshop: Workshop) -> int:
    charge = workshop.charge_by_stripe()
    workshop.run()
    told(workshop)
    return charge


def _refunded(workshop: Workshop) -> int:
    charge = _paid(workshop)
    ask(workshop, charge)
    workshop.run()
    return charge


def _declined(workshop: Workshop) -> int:
    charge = workshop.charge_by_stripe("tok_chargeDeclined")
    workshop.run()
    workshop.charge(workshop.again(charge), StripeToken("tok_visa"))
    workshop.run()
    return charge


def _waiting(workshop: Workshop) -> int:
    charge = workshop.charge_by_stripe("tok_threeDSecure2Required")
    workshop.run()
    return charge


def _before_a_person(workshop: Workshop) -> int:
    charge = workshop.charge_by_stripe(STUCK)
    workshop.run()
    workshop.sql(
        "INSERT INTO transitions (charge_id, at, actor, event, from_status, to_status, reason,"
        " evidence) VALUES (:id, now(), 'sweep', 'unresolved', 'processing', 'needs_review',"
        " 'unsettled for 10 days', CAST(:evidence AS jsonb)) RETURNING 1",
        id=charge,
        evidence=SUGGESTION,
    )
    workshop.sql(
        "UPDATE charges SET status = 'needs_review', instrument = NULL WHERE id = :id RETURNING 1",
        id=charge,
    )
    return charge


def in_doubt(workshop: Workshop) -> tuple[Order, int]:
    """An order whose buyer has paid, and its charge, of which the answer was lost."""
    order = workshop.order(Provider.STRIPE)
    workshop.control.fault("reset_after", PAYMENTS)
    charge = workshop.charge(order, StripeToken("tok_visa"))
    charging.execute(workshop.deps, charge)
    assert workshop.status(charge) == "indeterminate"
    return order, charge

"""Brings everything up, plays all stories, and compares the books."""

import argparse
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import requests
from rich.console import Console

from local.demo import screen
from local.demo.audit import Audit, audit
from local.demo.checkout import Checkout
from local.demo.journey import Ending, Scene, travel
from local.demo.shop import ApiRefusal, Shop
from local.demo.stories import STORIES
from local.demo.system import LOG, RunningSystem, running_system
from local.demo.told import settled_telling
from local.environment import web_url
from local.errors import LocalError
from local.server import NOTES
from sandbox.client import ControlError, SandboxControl

DESCRIPTION = """\
Play some forty ticket orders through the whole system, against a local Stripe and PayPal: cards
and payers that pay, decline, authenticate and hesitate; timeouts, doubled clicks, webhooks that
come first, twice or never. Then compare the providers' ledger with the database.
"""
PLAIN_WIDTH = 120
SIDE_BY_SIDE = 14
SETTLE_SECONDS = 4.0
BOOKS_SECONDS = 30.0


def main(words: Sequence[str] | None = None) -> int:
    """Exit code: 0 when all is as told and the books agree."""
    parser = argparse.ArgumentParser(prog="script/demo", description=DESCRIPTION)
    parser.add_argument("--once", action="store_true", help="end when the audit is done")
    options = parser.parse_args(words)
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    console = Console(highlight=False, width=width)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return show(console, stays=not options.once)
    except LocalError as trouble:
        console.print(str(trouble), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        return 130


def show(console: Console, *, stays: bool) -> int:
    """The demonstration from curtain to curtain."""
    console.print("Starting Postgres, Redis, the sandbox, web, relay, worker, beat and Flower.")
    console.print(f"What they say is in {LOG}")
    started = time.monotonic()
    with running_system() as system:
        settings = system.settings
        console.print(f"All up after {time.monotonic() - started:.1f} s.")
        if settings[NOTES]:
            console.print(settings[NOTES], style="yellow", markup=False)
        show_links(console, settings)
        endings = play(console, settings)
        books = settled_audit(settings)
        console.print(screen.table_of(endings))
        is_good = not books.differences and all(ending.is_as_told for ending in endings)
        for line in screen.verdict(books, endings):
            console.print(line, style="bold green" if is_good else "bold red", markup=False)
        console.print(str(settled_telling(settings["DATABASE_URL"])), markup=False)
        if stays:
            show_links(console, settings)
            console.print(
                "All stays up to look around in, until Ctrl-C, or until a part of it ends."
            )
            wait_for_interrupt(system)
    return 0 if is_good else 1


def show_links(console: Console, settings: Mapping[str, str]) -> None:
    """Where to look meanwhile."""
    for line in ("", *screen.links(settings), ""):
        console.print(line, markup=False, soft_wrap=True)


def play(console: Console, settings: Mapping[str, str]) -> list[Ending]:
    """All stories, many at a time; their endings in the order of the stories."""
    scene = set_scene(settings)
    total = len(STORIES)
    with screen.progress(console, total) as bar, ThreadPoolExecutor(SIDE_BY_SIDE) as travellers:
        journeys = [travellers.submit(travel, scene, story) for story in STORIES]
        try:
            for number, journey in enumerate(as_completed(journeys), start=1):
                console.print(screen.line_of(journey.result(), number, total))
                bar.advance(bar.task_ids[0])
        except (ApiRefusal, ControlError, requests.RequestException) as refused:
            travellers.shutdown(cancel_futures=True)
            raise LocalError(f"The demonstration broke off: {refused}. See {LOG}") from refused
        return [journey.result() for journey in journeys]


def set_scene(settings: Mapping[str, str]) -> Scene:
    """An event to sell, with clients for everything."""
    sandbox, key = settings["STRIPE_API_BASE"], settings["STRIPE_API_KEY"]

    def open_shop() -> Shop:
        return Shop(web_url(settings), settings["JWT_SECRET"])

    def open_control() -> SandboxControl:
        return SandboxControl(sandbox, key)

    with open_control() as control:
        control.settings(settle_seconds=SETTLE_SECONDS)
    with open_shop() as shop:
        event_id = shop.open_event()
    checkout = Checkout(sandbox, settings["PAYPAL_CLIENT_ID"], settings["PAYPAL_CLIENT_SECRET"])
    return Scene(event_id, open_shop, open_control, checkout)


def settled_audit(settings: Mapping[str, str]) -> Audit:
    """The audit, once both books had their time: an event on its way is no difference."""
    deadline = time.monotonic() + BOOKS_SECONDS
    with SandboxControl(settings["STRIPE_API_BASE"], settings["STRIPE_API_KEY"]) as control:
        found = audit(settings["DATABASE_URL"], control.ledger())
        while found.differences and time.monotonic() < deadline:
            time.sleep(0.5)
            found = audit(settings["DATABASE_URL"], control.ledger())
    return found


def wait_for_interrupt(system: RunningSystem) -> None:
    """Until Ctrl-C, or until the system ends by itself."""
    try:
        system.wait()
    except KeyboardInterrupt:
        print("\nStopping.")


if __name__ == "__main__":
    sys.exit(main())

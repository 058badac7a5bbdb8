"""Runs the chaos, audits what is left, and says what came of it."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import inf
from pathlib import Path
from secrets import randbelow
from typing import Final

from chaos import leaks, plan
from chaos.audit import Verdict, judge, read, read_ended, read_moves
from chaos.convergence import course
from chaos.faults import Hand, Struck
from chaos.leaks import RedisWatch
from chaos.load import Load
from chaos.report import Outcome, write
from chaos.robot import ROOM, Robot
from chaos.system import CHARGERS, System
from chaos.town import Town
from local.errors import LocalError
from local.folders import DATA, claimed, temporary_folder

_SEEDS: Final = 2**32
_CALM_SECONDS: Final = 150.0
_LOOK_SECONDS: Final = 0.5
SHORT: Final = {"charges": 500, "faults": 40}
LONG: Final = {"charges": 10_000, "faults": 1_000}


def main(words: Sequence[str] | None = None) -> int:
    """Exit code: 0 where every promise was kept."""
    options = read_arguments(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = randbelow(_SEEDS) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    try:
        with claimed(DATA / "chaos") as folder:
            logs = folder / "logs"
            shutil.rmtree(logs, ignore_errors=True)
            logs.mkdir()
            outcome = Run(options, seed, logs).run()
    except LocalError as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(*(f"{name}: {value}" for name, value in outcome.rows()), sep="\n")
    print(*outcome.breaches, f"What every process said is in {logs}", sep="\n")
    if options.report:
        write(outcome, options.report, unfit="; ".join(plan.UNFIT.values()), room=ROOM)
    return 1 if outcome.breaches else 0


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="minutes instead of half an hour")
    parser.add_argument("--seed", type=int, help="draws the plan and the buyers (random)")
    parser.add_argument("--charges", type=int, help="at least so many (10000; short: 500)")
    parser.add_argument("--faults", type=int, help="so many (1000; short: 40)")
    parser.add_argument("--rate", type=float, default=7.0, help="orders per second (7)")
    parser.add_argument("--minutes", type=float, default=inf, help="end, if by then not all came")
    parser.add_argument("--report", type=Path, help="a Markdown file, with its plot beside it")
    options = parser.parse_args(words)
    for name, value in (SHORT if options.short else LONG).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


class Run:
    """One run, from the first process to the verdict."""

    def __init__(self, options: argparse.Namespace, seed: int, logs: Path) -> None:
        self._options, self._seed, self._logs = options, seed, logs
        self._struck: list[Struck] = []

    def run(self) -> Outcome:
        """Start everything, let it rage, audit."""
        with temporary_folder("chaos") as folder, System(folder, self._logs) as system:
            strikes = plan.draw(self._seed, self._options.faults, _targets(system))
            print(*strikes, sep="\n", flush=True)
            began, load = time.time(), Load(_town(system), self._seed, self._options.rate)
            secrets = leaks.of_keys(system.keys) | {"of the shop's events": system.shop.secret}
            with (
                Hand(system) as hand,
                RedisWatch(system.redis.url, secrets) as redis,
                Robot(load, system.postgres.url) as robot,
            ):
                with load:
                    self._let_it_rage(system, hand, load, strikes)
                self._settle(system, load)
                verdict = self._audit(system, load)
            moves, versions = read_moves(system.postgres.url), system.versions()
            system.gather_logs()
        tokens = {f"token {token}": token for token in load.record.tokens}
        return Outcome(
            seed=self._seed,
            began=began,
            verdict=verdict,
            leaks=[*sorted(redis.found), *leaks.leaks(self._texts(system), secrets | tokens)],
            struck=self._struck,
            courses=[
                course(bought.at, moves.get(charge, []), robot.acted.get(charge, []))
                for charge, bought in load.record.charges.items()
            ],
            answers=load.record.answers,
            told=len(system.shop.received),
            restarts=Counter(hand.revived),
            looks=redis.looks,
            versions=versions,
        )

    def _texts(self, system: System) -> list[tuple[str, bytes]]:
        told = b"\n".join(system.shop.received)
        return [*leaks.files(self._logs), ("an outbound event", told)]

    def _let_it_rage(
        self, system: System, hand: Hand, load: Load, strikes: list[plan.Strike]
    ) -> None:
        ends = time.monotonic() + self._options.minutes * 60
        for storm in plan.storms(strikes):
            if time.monotonic() < ends:
                self._rage(hand, storm)
                self._settle(system, load)
        while len(load.record.charges) < self._options.charges and time.monotonic() < ends:
            time.sleep(_LOOK_SECONDS)

    def _rage(self, hand: Hand, storm: list[plan.Strike]) -> None:
        began = time.monotonic()

        def strike(one: plan.Strike) -> Struck:
            time.sleep(max(0, began + one.at - time.monotonic()))
            return hand.strike(one)

        with ThreadPoolExecutor(len(storm)) as hands:
            self._struck += hands.map(strike, storm)

    def _settle(self, system: System, load: Load) -> None:
        """Wait until what was accepted by now has its end."""
        accepted, ended = set(load.record.charges), set[int]()
        deadline = time.monotonic() + _CALM_SECONDS
        while time.monotonic() < deadline:
            ended = read_ended(system.postgres.url)
            if accepted <= ended:
                break
            time.sleep(_LOOK_SECONDS)
        print(f"accepted {len(accepted)}, unsettled {len(accepted - ended)}", flush=True)

    def _audit(self, system: System, load: Load) -> Verdict:
        """Judge the books, once both had their time: an event on its way is no difference."""
        deadline = time.monotonic() + _CALM_SECONDS
        while (found := _judged(system, load)).breaches and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        return found


def _judged(system: System, load: Load) -> Verdict:
    with system.sandbox.control() as control:
        ledger = control.ledger()
    record = load.record
    return judge(read(system.postgres.url, ledger, record.charges, record.refunds))


def _targets(system: System) -> plan.Targets:
    chargers = [name for name in system.commands if name.partition(".")[0] in CHARGERS]
    return plan.Targets(list(system.commands), list(system.network.links), chargers)


def _town(system: System) -> Town:
    settings = system.settings
    town = Town(
        api_url=system.api_url,
        sandbox_url=system.sandbox.url,
        jwt_secret=system.keys.JWT_SECRET,
        stripe_key=system.keys.STRIPE_API_KEY,
        publishable_key=settings["STRIPE_PUBLISHABLE_KEY"],
        paypal=(system.keys.PAYPAL_CLIENT_ID, system.keys.PAYPAL_CLIENT_SECRET),
    )
    with town.shop() as shop:
        return replace(town, event_id=shop.open_event())


if __name__ == "__main__":
    sys.exit(main())

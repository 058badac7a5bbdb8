"""Whoever dies, wherever: everything ends once, and as the providers' ledgers say."""

import ast
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from kombu.exceptions import OperationalError as BrokerError

from local.folders import PROJECT
from shared.crash_points import CrashPoint
from shared.domain.charge import Provider
from tests.crashes.doomed import Zygote
from tests.crashes.hands import HANDS
from tests.crashes.outcomes import Outcome
from tests.crashes.recovery import hear, rest
from tests.crashes.site import Site
from tests.crashes.table import ROWS, SCENES, Row, marked

WHAT_RUNS = ("shared", "worker", "api_shim", "cli")
_NO_ACCOUNTS = "PayPal is asked for no organizer's account"
_THE_PLATFORM = "the platform is told, no provider"
ONE_SIDED = {
    CrashPoint.ACCOUNT_SHUT: _NO_ACCOUNTS,
    CrashPoint.CODE_EXCHANGED: _NO_ACCOUNTS,
    CrashPoint.AUTHORIZATION_REVOKED: _NO_ACCOUNTS,
    CrashPoint.ACCOUNT_LET_GO: _NO_ACCOUNTS,
    CrashPoint.DELIVERY_CLAIMED: _THE_PLATFORM,
    CrashPoint.DELIVERY_ANSWERED: _THE_PLATFORM,
    CrashPoint.DELIVERY_SETTLED: _THE_PLATFORM,
}
"""The points at which not both providers are seen, and why."""


@pytest.mark.parametrize("row", marked())
def test_whoever_dies_what_he_held_ends_once(site: Site, zygote: Zygote, row: Row) -> None:
    scene = SCENES[row.scene]
    given = scene.prepare(site)
    if scene.op:
        row.outcome.befall(site.control, scene.op)
    passes = scene.calls_before if row.point is CrashPoint.REQUEST_SENT else 0

    zygote.die(site, row.point, scene.hand, *given, passes=passes)
    scene.meanwhile(site)
    with suppress(BrokerError):  # that of a broker which is still away
        HANDS[scene.hand](site.deps, *given)  # the message, or the request, comes again at once
    rest(site)
    scene.afterwards(site)
    rest(site)
    hear(site)

    scene.check(site, "failed" if row.outcome is Outcome.DECLINE else scene.ends)


def test_every_crash_point_has_its_rows() -> None:
    assert {row.point for row in ROWS} == set(CrashPoint)


def test_every_crash_point_is_seen_at_both_providers() -> None:
    seen = {(point, scene.provider) for scene in SCENES.values() for point in scene.points}

    lacking = {point for point in CrashPoint if not {(point, each) for each in Provider} <= seen}
    assert lacking == set(ONE_SIDED)


def test_every_outcome_is_run_or_spared_with_a_reason() -> None:
    run = Counter((row.scene, row.point) for row in ROWS)

    for name, scene in SCENES.items():
        assert all(scene.spared.values())
        for point in scene.points:
            assert run[name, point] + len(scene.spared) == len(Outcome)


def test_every_crash_point_is_reached_in_one_place() -> None:
    reached = Counter(name for call, name in _calls() if call == "reached")

    assert reached == Counter(point.name for point in CrashPoint)


def test_nothing_that_runs_can_arm_a_crash_point() -> None:
    assert [name for call, name in _calls() if call == "arm"] == []


def _calls() -> list[tuple[str, str]]:
    """The calls of what runs by a bare name or an attribute, each with its argument's last name."""
    return [
        (_name(node.func), _name(node.args[0]) if node.args else "")
        for folder in WHAT_RUNS
        for path in sorted(Path(PROJECT, folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
        case _:
            return ""

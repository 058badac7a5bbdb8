"""The rules of the house: the tree obeys each, and each is seen to bite."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture import rules
from tests.architecture.rules import Module

PROJECT = Path(__file__).resolve().parents[2]
PROCESSES = ("shared", "worker", "api_shim", "cli")
EVERYWHERE = (*PROCESSES, "sandbox", "local", "proof", "chaos", "examples", "docs")
HISTORY = PROJECT / "shared" / "migrations" / "versions"
"""Written once, never edited, and mostly SQL."""


@dataclass(frozen=True)
class Case:
    """A rule, the rooms where it holds, and modules that break it once each."""

    rule: Callable[[Module], Iterator[str]]
    rooms: tuple[str, ...]
    breaches: tuple[Module, ...]


def module(source: str, path: str = "worker/room.py") -> Module:
    return Module(Path(path), source)


CASES = (
    Case(
        rules.is_documented,
        EVERYWHERE,
        (module("import re\n"), module('"""What belongs here\n\nand more."""\n')),
    ),
    Case(rules.is_short, EVERYWHERE, (module("x = 1\n" * 251),)),
    Case(
        rules.has_short_functions,
        EVERYWHERE,
        (
            module("def f() -> None:\n" + "    x = 1\n" * 40),
            module("class C:\n  async def f(self) -> None:\n" + "    x = 1\n" * 40),
        ),
    ),
    Case(
        rules.is_named_for_a_noun,
        EVERYWHERE,
        (
            module("", "worker/utils.py"),
            module("", "shared/common/money.py"),
            module("", "shared/db_helpers.py"),
        ),
    ),
    Case(
        rules.imports_at_the_top,
        EVERYWHERE,
        (
            module("def f() -> None:\n    import re\n"),
            module("class C:\n    async def f(self) -> None:\n        from re import match\n"),
        ),
    ),
    Case(
        rules.leaves_transactions_to_the_unit_of_work,
        PROCESSES,
        (
            module("connection.commit()\n"),
            module("with deps.engine.begin() as connection:\n    pass\n"),
            module("connection.rollback()\n"),
        ),
    ),
    Case(
        rules.leaves_the_environment_to_the_settings,
        PROCESSES,
        (
            module("os.environ['KEY']\n"),
            module("os.getenv('KEY')\n"),
            module("from os import environ as surroundings\n"),
        ),
    ),
    Case(
        rules.is_pure,
        ("shared/domain",),
        (
            module("datetime.now(UTC)\n"),
            module("uuid4()\n"),
            module("date.today()\n"),
            module("print('charged')\n"),
        ),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule.__name__)
def test_the_tree_obeys_the_rule(case: Case) -> None:
    modules = [found for name in case.rooms for found in modules_of(name)]

    complaints = [complaint for found in modules for complaint in case.rule(found)]

    assert modules
    assert complaints == []


@pytest.mark.parametrize(
    ("rule", "breach"),
    [(case.rule, breach) for case in CASES for breach in case.breaches],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_rule_bites_what_breaks_it(
    rule: Callable[[Module], Iterator[str]], breach: Module
) -> None:
    complaints = list(rule(breach))

    assert len(complaints) == 1
    assert complaints[0].startswith(str(breach.path))


@pytest.mark.parametrize(
    ("rule", "harmless"),
    [
        (rules.is_documented, module("")),
        (rules.is_short, module("x = 1\n" * 250)),
        (rules.has_short_functions, module("def f() -> None:\n" + "    x = 1\n" * 39)),
        (rules.is_named_for_a_noun, module("", "sandbox/commons.py")),
        (rules.imports_at_the_top, module("if TYPE_CHECKING:\n    import re\n")),
        (rules.leaves_transactions_to_the_unit_of_work, module("order.commit(instrument)\n")),
        (rules.leaves_transactions_to_the_unit_of_work, module("engine.begin()", "shared/db.py")),
        (rules.leaves_the_environment_to_the_settings, module("from os import getpid\n")),
        (rules.is_pure, module("charge.now\nretry_delay(now)\n")),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_rule_lets_the_harmless_be(
    rule: Callable[[Module], Iterator[str]], harmless: Module
) -> None:
    assert list(rule(harmless)) == []


def modules_of(room: str) -> Iterator[Module]:
    for path in sorted((PROJECT / room).rglob("*.py")):
        if HISTORY not in path.parents:
            yield Module(path.relative_to(PROJECT), path.read_text("utf-8"))

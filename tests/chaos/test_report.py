"""The report: a picture that a parser reads, a page without a path of this machine."""

from collections import Counter
from math import inf
from pathlib import Path
from xml.etree import ElementTree

from chaos.audit import Verdict
from chaos.convergence import Course
from chaos.faults import Struck
from chaos.plan import Strike
from chaos.report import Outcome, write

COURSES = [Course(101.0, ((101.0, 104.0),)), Course(102.0, ((102.0, 103.0), (120.0, 131.0)))]
STRUCK = [
    Struck(Strike(0, 1.0, 2.0, "kill", "web"), 101.0, 103.0),
    Struck(Strike(0, 1.0, 2.0, "cut", "web-redis"), 121.0, 123.0),
]


def outcome(courses: list[Course], breaches: tuple[str, ...] = ()) -> Outcome:
    return Outcome(
        seed=7,
        began=100.0,
        verdict=Verdict(breaches, Counter(succeeded=2)),
        leaks=[],
        struck=STRUCK,
        courses=courses,
        answers=Counter(yes=4),
        told=3,
        restarts=Counter(),
        looks=1,
        versions={"Postgres": "18"},
    )


def test_the_page_names_seed_versions_and_figures_and_no_path(tmp_path: Path) -> None:
    write(outcome(COURSES), tmp_path / "chaos.md", unfit="none", room=100)

    page = (tmp_path / "chaos.md").read_text()
    assert "seed 7" in page
    assert "Postgres 18" in page
    assert "| charges accepted (202) | 2 |" in page
    assert "p50 1.0 s, p90 8.0 s" in page
    assert "![Charges waiting and settled over time, with every fault](chaos.svg)" in page
    assert str(tmp_path) not in page


def test_the_picture_has_a_mark_for_each_fault_and_ends_with_all_settled(tmp_path: Path) -> None:
    write(outcome(COURSES), tmp_path / "chaos.md", unfit="none", room=100)

    picture = ElementTree.parse(tmp_path / "chaos.svg")  # noqa: S314 it is our own
    paths = [path.get("class") for path in picture.iter("{http://www.w3.org/2000/svg}path")]
    assert [paths.count(f"fault {name}") for name in ("process", "network", "provider")] == [
        1,
        1,
        0,
    ]
    assert [paths.count(name) for name in ("waiting", "settled")] == [1, 1]


def test_a_charge_without_an_end_is_drawn_and_told_without_an_error(tmp_path: Path) -> None:
    stuck = outcome([Course(101.0, ((101.0, inf),))], ("Charge 1 is stuck: accepted.",))

    write(stuck, tmp_path / "chaos.md", unfit="none", room=100)

    assert "| breaches | 1 |" in (tmp_path / "chaos.md").read_text()

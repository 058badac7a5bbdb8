"""The page says what was kept, and no more."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks import __main__ as bench
from benchmarks import page
from benchmarks.circumstances import Circumstances
from benchmarks.finding import QUICK, Finding, Goal, Ratio, Row
from benchmarks.record import Kept, keep, read

TODAY = Circumstances("2026-01-01T12:00:00+00:00", "abc123", "a machine", {"Python": "3"}, QUICK)
FOUND = Finding(
    title="Accepting <a charge>",
    said="Two servers.",
    rows=(
        Row("bare", "requests/s", (1000.0, 1200.0)),
        Row("ours & theirs", "requests/s", (900.0, 960.0), {"p99, ms": 12.34}),
        Row("idle", "ms", (0.0, 0.0)),
    ),
    goals=(
        Goal("ours against bare", 0.85, Ratio(0.8, 0.75, 0.9)),
        Goal("p99", 50, Ratio(12.3, 10, 20), is_ceiling=True, unit="ms"),
    ),
    remarks=("The client had an idle core.",),
)


def test_what_is_kept_is_read_as_it_was_found(tmp_path: Path) -> None:
    kept = Kept(TODAY, FOUND)

    record = keep(tmp_path / "performance.json", "accept", kept)

    assert record == read(tmp_path / "performance.json") == {"accept": kept}


def test_a_finding_takes_the_place_of_its_last_and_leaves_the_others(tmp_path: Path) -> None:
    path, anew = tmp_path / "performance.json", Finding("Anew", "", (Row("one", "ms", (1.0,)),))
    keep(path, "accept", Kept(TODAY, FOUND))
    keep(path, "webhooks", Kept(TODAY, FOUND))

    record = keep(path, "accept", Kept(TODAY, anew))

    assert [(name, kept.finding) for name, kept in record.items()] == [
        ("accept", anew),
        ("webhooks", FOUND),
    ]


def test_the_page_holds_goals_tables_remarks_and_says_what_was_not_measured(tmp_path: Path) -> None:
    page.write({"accept": Kept(TODAY, FOUND)}, tmp_path / "performance.md")

    text = (tmp_path / "performance.md").read_text()
    assert "| ours against bare | ≥ 0.85 | 0.8 (0.75 – 0.9) | missed by 6% |" in text
    assert "| p99 | ≤ 50 ms | 12.3 (10 – 20) ms | met |" in text
    assert "| ours & theirs | requests/s | 930 (900 – 960) | 0.85 (0.80 – 0.90) | 12.3 |" in text
    assert "- The client had an idle core." in text
    assert "Not measured yet" in text
    assert "commit abc123; a machine; Python 3" in text


def test_the_plot_is_a_picture_with_a_dot_for_each_sample(tmp_path: Path) -> None:
    page.write({"accept": Kept(TODAY, FOUND)}, tmp_path / "performance.md")

    picture = ET.fromstring((tmp_path / "performance-accept.svg").read_text())  # noqa: S314 ours
    assert len(picture.findall("{*}circle")) == 6
    assert picture.find("{*}title").text == "Accepting <a charge>"  # type: ignore[union-attr]


def test_every_benchmark_has_its_place_on_the_page() -> None:
    places = set(re.findall(r"\{(\w+)\}", page.PROSE.read_text()))

    assert set(bench.BENCHMARKS) <= places


def test_a_benchmark_that_fails_keeps_nothing_and_lets_the_others_go_on(tmp_path: Path) -> None:
    has_found = bench.run("nowhere", QUICK, TODAY, tmp_path / "performance.json")

    assert not has_found
    assert read(tmp_path / "performance.json") == {}

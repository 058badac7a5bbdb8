"""The plot: charges on their way and settled over time, with the faults; written as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, inf

from chaos.convergence import Course
from chaos.faults import Struck

WIDTH, HEIGHT = 860, 300
LEFT, RIGHT, TOP, FAULTS_TOP = 60, 52, 30, 236
SAMPLES = 400
FAMILIES = {
    "kill": "process",
    "freeze": "process",
    "shutdown": "process",
    "flush": "process",
    "latency": "network",
    "cut": "network",
    "stall": "network",
    "provider": "provider",
    "webhook": "provider",
}
ROWS = ("process", "network", "provider")
STYLE = """
text { font: 11px system-ui, sans-serif; fill: #57606a }
.grid { stroke: #8c959f; stroke-opacity: .35 }
.waiting { fill: #0969da; fill-opacity: .3; stroke: #0969da }
.settled { fill: none; stroke: #1a7f37; stroke-width: 1.5 }
.fault { stroke-width: 6; stroke-opacity: .7 }
.process { stroke: #cf222e } .network { stroke: #bf8700 } .provider { stroke: #8250df }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .waiting { fill: #4493f8; stroke: #4493f8 } .settled { stroke: #3fb950 }
.process { stroke: #f85149 } .network { stroke: #d29922 } .provider { stroke: #ab7df8 }
}
"""


def draw(courses: Sequence[Course], struck: Sequence[Struck], began: float) -> str:
    """The picture; `began` is where its time begins, in seconds since the epoch."""
    last = max((end for one in courses if (end := _end(one)) < inf), default=began)
    span = max(last, max((one.healed for one in struck), default=began), began + 1) - began
    moments = [began + span * each / SAMPLES for each in range(SAMPLES + 1)]
    waiting = [sum(_waits(one, moment) for one in courses) for moment in moments]
    settled = [sum(_end(one) <= moment for one in courses) for moment in moments]
    most_waiting, most_settled = _round(max(waiting)), _round(max(settled))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            "<title>Charges waiting and settled over time, with every fault</title>",
            f"<style>{STYLE}</style>",
            *_axes(span, most_waiting, most_settled),
            f'<path class="waiting" d="{_path(waiting, most_waiting)} V{FAULTS_TOP} H{LEFT} Z"/>',
            f'<path class="settled" d="{_path(settled, most_settled)}"/>',
            *(_mark(one, began, span) for one in struck),
            "</svg>\n",
        ]
    )


def _end(one: Course) -> float:
    return one.waits[-1][1]


def _waits(one: Course, moment: float) -> bool:
    return any(begin <= moment < end for begin, end in one.waits)


def _round(most: int) -> int:
    step = 10.0 ** max(len(str(most)) - 1, 1)
    return int(max(ceil(most / step), 1) * step)


def _across(share: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * share


def _up(share: float) -> float:
    return FAULTS_TOP - (FAULTS_TOP - TOP) * share


def _path(values: Sequence[int], most: int) -> str:
    places = (
        f"{_across(each / SAMPLES):.1f},{_up(value / most):.1f}"
        for each, value in enumerate(values)
    )
    return "M" + " L".join(places)


def _axes(span: float, most_waiting: int, most_settled: int) -> Iterator[str]:
    for share in (0, 0.5, 1):
        height = _up(share)
        yield f'<path class="grid" d="M{LEFT},{height} H{WIDTH - RIGHT}"/>'
        yield _text(LEFT - 6, height + 4, f"{most_waiting * share:.0f}", "end")
        yield _text(WIDTH - RIGHT + 6, height + 4, f"{most_settled * share:.0f}", "start")
    for share in (0, 0.25, 0.5, 0.75, 1):
        yield _text(_across(share), HEIGHT - 8, f"{span * share / 60:.1f} min", "middle")
    yield _text(LEFT, 16, "charges waiting (filled, left)", "start")
    yield _text(WIDTH - RIGHT, 16, "charges settled (line, right)", "end")
    for row, family in enumerate(ROWS):
        yield _text(LEFT - 6, FAULTS_TOP + 12 + 10 * row, family, "end")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{text}</text>'


def _mark(one: Struck, began: float, span: float) -> str:
    family = FAMILIES[one.strike.kind]
    height = FAULTS_TOP + 8 + 10 * ROWS.index(family)
    begin, end = _across((one.began - began) / span), _across((one.healed - began) / span)
    width = max(end - begin, 1.0)
    return f'<path class="fault {family}" d="M{begin:.1f},{height} h{width:.1f}"/>'

"""The plot of a finding: a bar for each row's median, a dot for each sample; written as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from benchmarks.figures import figure
from benchmarks.finding import Finding, Row

WIDTH, LEFT, RIGHT = 860, 380, 90
ROW, HEAD, BAR = 22, 30, 12
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #57606a }
.unit { font-weight: 600 }
.bar { fill: #0969da; fill-opacity: .3 }
.sample { fill: #0969da }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .bar, .sample { fill: #4493f8 }
}
"""


def draw(finding: Finding) -> str:
    """The picture: rows of one unit stand together, on a scale of their own."""
    body: list[str] = []
    height = 0
    for unit, rows in groupby(finding.rows, lambda row: row.unit):
        group = list(rows)
        body += _group(unit, group, height)
        height += HEAD + ROW * len(group)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 8}"'
            ' role="img">',
            f"<title>{escape(finding.title)}</title>",
            f"<style>{STYLE}</style>",
            *body,
            "</svg>\n",
        ]
    )


def _group(unit: str, rows: list[Row], top: int) -> Iterator[str]:
    most = max((max(row.samples) for row in rows), default=0) or 1
    yield f'<text class="unit" x="{LEFT}" y="{top + 20}">{escape(unit)}</text>'
    for number, row in enumerate(rows):
        yield from _row(row, most, top + HEAD + ROW * number + ROW // 2)


def _row(row: Row, most: float, middle: int) -> Iterator[str]:
    scale = (WIDTH - LEFT - RIGHT) / most
    end = row.median * scale
    yield f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(row.name)}</text>'
    yield (
        f'<rect class="bar" x="{LEFT}" y="{middle - BAR // 2}" width="{end:.1f}" height="{BAR}"/>'
    )
    for sample in row.samples:
        yield f'<circle class="sample" cx="{LEFT + sample * scale:.1f}" cy="{middle}" r="2.5"/>'
    last = LEFT + max(row.samples) * scale
    yield f'<text x="{last + 8:.1f}" y="{middle + 4}">{figure(row.median)}</text>'

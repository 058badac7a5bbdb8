"""docs/integrate.md: its code is the example's, its commands do what it says they do."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from local.folders import PROJECT
from local.ports import free_port
from tests.system.system import System

PAGE = PROJECT / "docs" / "integrate.md"
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEEPEST = 16


@dataclass(frozen=True)
class Block:
    """A block of code: its language, the file it is said to be from, its text."""

    language: str
    source: str
    text: str


BLOCKS = [Block(*found) for found in FENCE.findall(PAGE.read_text("utf-8"))]
EXCERPTS = [block for block in BLOCKS if block.source]
COMMANDS = [block for block in BLOCKS if block.language == "sh"]


@pytest.mark.parametrize("block", EXCERPTS, ids=lambda block: block.text.partition("\n")[0])
def test_what_is_shown_stands_in_the_example(block: Block) -> None:
    example = (PROJECT / block.source).read_text("utf-8")

    depths = [" " * depth for depth in range(0, DEEPEST, 2)]

    assert any(indent(block.text, depth) in example for depth in depths), block.text


def test_the_page_shows_both_sides_of_the_example() -> None:
    assert {Path(block.source).suffix for block in EXCERPTS} == {".py", ".html"}
    assert {block.language for block in BLOCKS} == {"sh", "json", "python", "js", "mermaid"}


def test_every_command_answers_what_the_page_says(system: System, tmp_path: Path) -> None:
    numbered = enumerate(COMMANDS)
    script = [f"{{\n{block.text}}} > {tmp_path}/{number}" for number, block in numbered]
    environment = {
        "CHARGEHAND": system.base,
        "JWT_SECRET": system.keys.JWT_SECRET,
        "PLATFORM_URL": f"http://127.0.0.1:{free_port()}",
    }

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    promises = list(promised())
    assert promises
    for number, answer in promises:
        told = last_document((tmp_path / str(number)).read_text("utf-8"))
        assert shows(told, answer), f"{answer}\nis not in\n{told}"


def promised() -> Iterator[tuple[int, Any]]:
    """The answers that the page shows, with the number of the commands that they follow."""
    number = -1
    for block in BLOCKS:
        if block.language == "sh":
            number += 1
        if block.language == "json":
            yield number, json.loads(block.text)


def last_document(text: str) -> Any:
    """The last of several JSON documents that stand without separation."""
    document, decoder = None, json.JSONDecoder()
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        text = text[end:]
    return document


def shows(whole: Any, part: Any) -> bool:
    """Whether an answer has everything that an abridged one has."""
    match part:
        case dict():
            return all(name in whole and shows(whole[name], value) for name, value in part.items())
        case list():
            return len(whole) == len(part) and all(map(shows, whole, part))
        case _:
            return bool(whole == part)

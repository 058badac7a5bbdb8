"""`.env.example` says what the settings are, all of them, as a shell reads it."""

import re
import subprocess
from itertools import pairwise
from pathlib import Path

from shared.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"


def test_the_example_lists_every_setting_with_its_default() -> None:
    lines = EXAMPLE.read_text(encoding="utf8").splitlines()
    told = {
        match[1].lower(): match[2] for line in lines if (match := re.match(r"(\w+)=(\S*)", line))
    }

    assert set(told) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        if isinstance(default, int | float) or (isinstance(default, str) and default):
            assert told[name] == str(default), name
        else:
            assert told[name] == "", name


def test_the_example_says_of_every_setting_what_it_means() -> None:
    lines = EXAMPLE.read_text(encoding="utf8").splitlines()

    mute = [line for before, line in pairwise(lines) if "=" in line[:30] and before[:2] != "# "]

    assert [line for line in mute if not line.startswith("#")] == []


def test_a_shell_reads_the_example() -> None:
    told = f"set -a; . {EXAMPLE}; set +a; exec env"

    read = subprocess.run(
        ["sh", "-euc", told], env={}, capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert "PORT=8000" in read
    assert len(Settings.model_fields) <= len(read)

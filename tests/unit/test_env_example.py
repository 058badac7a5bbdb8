"""`.env.example` says what the settings are; a bad one stops the start with one sentence."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from shared.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
GOOD = {
    "DATABASE_URL": "postgresql://localhost/none",
    "REDIS_URL": "redis://localhost/0",
    "JWT_SECRET": "x" * 32,
    "ENCRYPTION_KEYS": "A" * 43 + "=",
}


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/none"),
        ("DATABASE_URL", ""),
        ("JWT_SECRET", "short"),
        ("JWT_SECRET", ""),
        ("JWT_SECRETS", "long enough, for all that HS256 asks of it"),
        ("JWT_JWKS", "ftp://example.com/keys"),
        ("JWT_JWKS", "/no/such/file"),
        ("ENCRYPTION_KEYS", "no key"),
        ("WORKER_CONCURRENCY", "many"),
        ("CLAIM_LEASE", "1"),
        ("RATE_LIMIT_PER_USER", "often"),
        ("RATE_LIMIT_PER_USER", "0/minute"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://.*example.com"),
        ("CORS_ORIGINS", "https://tickets.example.com/"),
        ("TRUSTED_PROXIES", "-1"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_sentence(name: str, value: str) -> None:
    program = "from shared.settings import load_settings; load_settings()"
    bare = {"PATH": os.environ["PATH"]}

    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=bare | GOOD | {name: value},
        cwd=EXAMPLE.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("Chargehand cannot start: ")
    assert name in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_good_values_start() -> None:
    program = "from shared.settings import load_settings; load_settings()"
    bare = {"PATH": os.environ["PATH"]}

    ended = subprocess.run(
        [sys.executable, "-c", program], env=bare | GOOD, cwd=EXAMPLE.parent, check=False
    )

    assert ended.returncode == 0

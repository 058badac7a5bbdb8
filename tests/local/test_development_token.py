"""Tokens minted for the server that runs here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api_shim.tokens import TokenRefused, Verifier
from api_shim.verifying_keys import shared_secret
from local.development_keys import kept_keys
from local.environment import console_link
from local.folders import PROJECT

GIVEN = "a secret that the person brought along"


def mint(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "local.development_token", *words]
    surroundings = {**os.environ, "JWT_SECRET": ""} | environment
    return subprocess.run(
        command, cwd=PROJECT, env=surroundings, capture_output=True, text=True, check=False
    )


def test_the_server_believes_a_token_minted_from_its_data_folder(tmp_path: Path) -> None:
    verifier = Verifier((shared_secret(kept_keys(tmp_path).JWT_SECRET),))

    minted = mint("buyer-1", "--scope", "orders:write admin", "--data", str(tmp_path))

    claims = verifier.verify(minted.stdout.strip())
    assert (claims.sub, sorted(claims.scope)) == ("buyer-1", ["admin", "orders:write"])


def test_the_secret_that_the_person_gave_the_server_goes_before_its_own(tmp_path: Path) -> None:
    kept_keys(tmp_path)

    minted = mint("buyer-1", "--data", str(tmp_path), JWT_SECRET=GIVEN)

    claims = Verifier((shared_secret(GIVEN),)).verify(minted.stdout.strip())
    assert (claims.sub, claims.scope) == ("buyer-1", frozenset())


def test_a_token_is_good_for_as_long_as_it_was_asked_for(tmp_path: Path) -> None:
    verifier = Verifier((shared_secret(kept_keys(tmp_path).JWT_SECRET),))

    minted = mint("buyer-1", "--minutes", "-1", "--data", str(tmp_path))

    with pytest.raises(TokenRefused, match="expired"):
        verifier.verify(minted.stdout.strip())


def test_without_a_server_it_says_what_to_start(tmp_path: Path) -> None:
    minted = mint("buyer-1", "--data", str(tmp_path))

    assert minted.returncode == 1
    assert "Start script/server first" in minted.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_said_of_the_console_signs_an_operator_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET", raising=False)
    said = console_link({"PORT": "8000", "JWT_SECRET": GIVEN.replace(" ", "-")})

    command = said.partition("by the token of: ")[2]
    minted = subprocess.check_output(["sh", "-c", command], cwd=PROJECT, text=True)

    assert said.startswith("http://127.0.0.1:8000/ops ")
    claims = Verifier((shared_secret(GIVEN.replace(" ", "-")),)).verify(minted.strip())
    assert "ops:act" in claims.scope

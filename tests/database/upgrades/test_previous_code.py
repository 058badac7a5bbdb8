"""The code from before the newest migration works over today's schema: by its own tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT, quick_folder
from tests.database.upgrades.revisions import revisions, script

TESTS = (
    "tests/reconciliation/test_refunds.py",
    "tests/outbound/test_deliveries.py",
)
"""They charge, refund, settle by event and by list, and tell the platform."""


@pytest.fixture
def previous_code(tmp_path: Path) -> Path:
    """The tree before the newest migration, with today's migrations in it."""
    commit = commit_before(Path(script(revisions()[-1]).path).relative_to(PROJECT))
    tree = tmp_path / "tree"
    git("clone", "--quiet", "--shared", "--no-checkout", str(PROJECT), str(tree))
    git("-C", str(tree), "checkout", "--quiet", commit)
    migrations = Path("shared/migrations")
    shutil.rmtree(tree / migrations)
    shutil.copytree(PROJECT / migrations, tree / migrations)
    return tree


@pytest.mark.timeout(600)  # it is a run of its own
def test_the_previous_code_passes_its_tests_over_the_newest_schema(previous_code: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")}
    bare = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "pytest_timeout",
        *TESTS,
    ]

    with quick_folder() as folder:
        ended = subprocess.run(
            command,
            cwd=previous_code,
            env=own | bare | {"TMPDIR": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert ended.returncode == 0, ended.stdout[-5000:]


def commit_before(migration: Path) -> str:
    """The last commit without that migration; a skip where the history is not there."""
    try:
        added = git("log", "--diff-filter=A", "--format=%H", "-1", "--", str(migration))
        return git("rev-parse", "--verify", f"{added}^{{commit}}^" if added else "HEAD")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("the history that holds the previous code is not here")


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.strip()

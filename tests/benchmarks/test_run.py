"""The command measures, keeps what it found, writes the page; and writes it anew from that."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.record import read
from local.folders import PROJECT


@pytest.mark.long  # engines and the sandbox of its own, and minutes where the machine is busy
@pytest.mark.timeout(600)
def test_a_benchmark_is_run_kept_shown_and_shown_anew(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    command = [sys.executable, "-m", "benchmarks", f"--page={page}"]

    subprocess.run([*command, "safety", "--quick"], cwd=PROJECT, check=True)

    shown = page.read_text()
    assert set(read(page.with_suffix(".json"))) == {"safety"}
    assert "a whole charge" in shown
    assert page.with_name("performance-safety.svg").exists()

    page.unlink()
    subprocess.run([*command, "--page-only"], cwd=PROJECT, check=True)

    assert page.read_text() == shown

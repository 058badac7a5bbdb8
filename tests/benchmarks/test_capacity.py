"""What docs/capacity.md reckons with can be measured anew."""

import re
import subprocess
import sys

import pytest

from local.folders import PROJECT


@pytest.mark.long  # engines and processes of its own, and minutes where the machine is busy
@pytest.mark.timeout(600)
def test_what_a_charge_takes_is_told() -> None:
    command = [sys.executable, "-m", "benchmarks.capacity", "20"]

    told = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout

    each = told.partition("charges, each\n")[2].partition("\n\n")[0]
    taken = {
        name: float(figure)
        for figure, name in re.findall(r"^ *([\d.-]+)  (.+)$", each.replace(",", ""), re.MULTILINE)
    }
    assert taken["webhooks"] >= taken["deliveries"] / 2 > 0
    assert min(taken["WAL bytes"], taken["Redis commands"], taken["rows inserted"]) > 0

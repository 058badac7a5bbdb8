"""The import contracts of pyproject.toml: kept by the tree, and each seen to break when broken."""

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@dataclass(frozen=True)
class Breach:
    """Imports (from, to) that a contract forbids."""

    contract: str
    imports: tuple[tuple[str, str], ...]

    @property
    def arrows(self) -> list[str]:
        """How the report tells of them."""
        return [f"{importer} -> {imported}" for importer, imported in self.imports]


CIRCLES = "No package holds a circle of imports"
BREACHES = (
    Breach(
        "The two processes never import each other",
        (
            ("worker.charging", "api_shim.charges"),
            ("api_shim.charges", "worker.charging"),
            ("worker.sweep", "sandbox.clock"),
            ("sandbox.clock", "api_shim.errors"),
        ),
    ),
    Breach(
        "The foundation knows neither process",
        (
            ("shared.db", "worker.charging"),
            ("shared.repository.charges", "api_shim.charges"),
            ("shared.providers.base", "sandbox.clock"),
            ("shared.settings", "local.engines"),
        ),
    ),
    Breach(
        "Nothing knows the command line",
        (
            ("worker.charging", "cli.keys"),
            ("shared.db", "cli.rotation"),
            ("local.child", "cli.keys"),
        ),
    ),
    Breach(
        "Nothing that runs knows the proof",
        (
            ("worker.charging", "proof.world"),
            ("api_shim.charges", "proof.stage"),
            ("sandbox.clock", "proof.wire"),
        ),
    ),
    Breach(
        "An example stands outside, where its readers stand",
        (
            ("examples.checkout.shop", "shared.domain.money"),
            ("examples.checkout.shop", "api_shim.identity"),
            ("examples.checkout.shop", "sandbox.client"),
        ),
    ),
    Breach(
        "Within the foundation imports only go down",
        (
            ("shared.observability", "shared.container"),
            ("shared.celery_app", "shared.observability"),
            ("shared.repository.charges", "shared.celery_app"),
            ("shared.db", "shared.providers.base"),
            ("shared.providers.base", "shared.repository.charges"),
            ("shared.settings", "shared.db"),
            ("shared.tables", "shared.vault"),
            ("shared.domain.errors", "shared.task_names"),
        ),
    ),
    Breach(
        "Within the domain imports only go down",
        (
            ("shared.domain.outcomes", "shared.domain.state_machine"),
            ("shared.domain.retry_policy", "shared.domain.decisions"),
            ("shared.domain.charge", "shared.domain.wire_amount"),
            ("shared.domain.money", "shared.domain.charge"),
            ("shared.domain.errors", "shared.domain.currencies"),
        ),
    ),
    Breach(
        "The domain stands on the pure part of the standard library alone",
        tuple(
            ("shared.domain.outcomes", outsider)
            for outsider in "logging os pydantic random requests sqlalchemy structlog time".split()
        ),
    ),
    Breach(
        "Only the adapters speak a provider's SDK",
        (
            ("shared.container", "stripe"),
            ("worker.charging", "paypalrestsdk"),
            ("api_shim.charges", "stripe"),
            ("sandbox.clock", "stripe"),
        ),
    ),
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project, to be spoiled."""
    for package in CONFIG["root_packages"]:
        without_bytecode = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=without_bytecode)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_project_keeps_every_contract() -> None:
    code, report = lint(PROJECT)

    assert code == 0, report


def test_every_contract_is_broken_by_some_breach() -> None:
    contracts = [contract["name"] for contract in CONFIG["contracts"]]

    assert sorted(contracts) == sorted([CIRCLES, *(breach.contract for breach in BREACHES)])


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.contract)
def test_a_contract_breaks_when_it_is_broken(tree: Path, breach: Breach) -> None:
    for importer, imported in breach.imports:
        plant(tree, importer, f"import {imported}")

    code, report = lint(tree)
    complaint = complaint_of(breach.contract, report)

    assert code == 1, report
    assert f"{breach.contract} BROKEN" in report
    assert [arrow for arrow in breach.arrows if arrow not in complaint] == []


def test_a_circle_of_imports_breaks_its_contract(tree: Path) -> None:
    plant(tree, "worker.one", "import worker.two")
    plant(tree, "worker.two", "import worker.one")

    code, report = lint(tree)

    assert code == 1, report
    assert f"{CIRCLES} BROKEN" in report
    assert "No cycles are allowed in worker" in report


@pytest.mark.parametrize(
    ("module", "contract"),
    [
        ("shared.attic", "Within the foundation imports only go down"),
        ("shared.domain.attic", "Within the domain imports only go down"),
    ],
)
def test_a_new_module_has_to_take_its_place_in_the_layers(
    tree: Path, module: str, contract: str
) -> None:
    plant(tree, module, "import re")

    code, report = lint(tree)

    assert code == 1, report
    assert f"{contract} BROKEN" in report
    assert module in report


def plant(tree: Path, module: str, statement: str) -> None:
    path = tree.joinpath(*module.split(".")).with_suffix(".py")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}\n")


def lint(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def complaint_of(contract: str, report: str) -> str:
    _, _, below = report.partition(f"\n{contract}\n--")
    return below.lstrip("-").partition("\n--")[0]

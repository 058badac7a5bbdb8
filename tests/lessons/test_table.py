"""Every lesson is kept by tests that exist."""

import ast
from pathlib import Path

import pytest

from tests.lessons.table import LESSONS, Lesson

PROJECT = Path(__file__).resolve().parents[2]


def missing(lesson: Lesson) -> list[str]:
    """Tests that the lesson names and nobody wrote."""
    return [test for test in lesson.tests if not exists(*test.split("::"))]


def exists(path: str, name: str) -> bool:
    """Whether the module has that test."""
    file = PROJECT / path
    if not file.exists():
        return False
    functions = ast.walk(ast.parse(file.read_text("utf-8")))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in functions)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.threads)
def test_every_lesson_is_kept_by_a_test(lesson: Lesson) -> None:
    assert lesson.tests
    assert missing(lesson) == []


def test_a_lesson_whose_test_is_gone_is_told() -> None:
    here = "tests/lessons/test_table.py"
    lesson = Lesson("", "", (f"{here}::test_gone", "tests/gone.py::test_gone"))

    assert missing(lesson) == list(lesson.tests)

"""The rules of the house that a syntax tree can show."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LONGEST_MODULE: Final = 250
LONGEST_FUNCTION: Final = 40
NAMELESS: Final = frozenset({"utils", "helpers", "common", "misc", "manager", "service"})
IMPURE: Final = frozenset(
    "now utcnow today uuid1 uuid4 open print input getrandom urandom sleep".split()
)

TRANSACTION: Final = frozenset({"begin", "commit", "rollback"})
SURROUNDINGS: Final = frozenset({"environ", "environb", "getenv", "putenv"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A module as its rules see it; the path is relative to the project."""

    path: Path
    source: str

    @property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.source)

    def at(self, node: ast.expr | ast.stmt) -> str:
        """A place to click on."""
        return f"{self.path}:{node.lineno}"


def is_documented(module: Module) -> Iterator[str]:
    """Each module says in its first line what belongs in it; an empty one has nothing to say."""
    docstring = ast.get_docstring(module.tree) or ""
    first_line = docstring.partition("\n")[0]
    if module.source.strip() and not first_line.endswith("."):
        yield f"{module.path}: its first line is no sentence"


def is_short(module: Module) -> Iterator[str]:
    """Near the cap, split by noun."""
    length = len(module.source.splitlines())
    if length > LONGEST_MODULE:
        yield f"{module.path}: {length} lines"


def has_short_functions(module: Module) -> Iterator[str]:
    """Signature and body together."""
    for function in _functions(module):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > LONGEST_FUNCTION:
            yield f"{module.at(function)}: {function.name} has {length} lines"


def is_named_for_a_noun(module: Module) -> Iterator[str]:
    """A room that is named for nothing collects everything."""
    for part in module.path.with_suffix("").parts:
        if NAMELESS.intersection(part.split("_")):
            yield f"{module.path}: {part} names nothing"


def imports_at_the_top(module: Module) -> Iterator[str]:
    """An import inside a function hides a circle or a slow start."""
    for function in _functions(module):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{module.at(node)}: an import inside {function.name}"


def leaves_transactions_to_the_unit_of_work(module: Module) -> Iterator[str]:
    """Only shared/db.py begins and commits (a database's take no arguments)."""
    if module.path == Path("shared/db.py"):
        return
    for call in _calls(module):
        is_bare = not call.args and not call.keywords
        if is_bare and isinstance(call.func, ast.Attribute) and call.func.attr in TRANSACTION:
            yield f"{module.at(call)}: {call.func.attr}() outside unit_of_work"


def leaves_the_environment_to_the_settings(module: Module) -> Iterator[str]:
    """Only shared/settings.py reads it."""
    if module.path == Path("shared/settings.py"):
        return
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(attr=name) if name in SURROUNDINGS:
                yield f"{module.at(node)}: {name} outside the settings"
            case ast.ImportFrom(module="os", names=aliases):
                taken = SURROUNDINGS.intersection(alias.name for alias in aliases)
                yield from (f"{module.at(node)}: {name} outside the settings" for name in taken)


def is_pure(module: Module) -> Iterator[str]:
    """Time, randomness and ids arrive as arguments."""
    for call in _calls(module):
        match call.func:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in IMPURE:
                yield f"{module.at(call)}: {name}() in the pure core"


def _functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def _calls(module: Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))

"""A strict reading of request bodies: every member known, every value in its form.

PayPal lets most unknown members pass in silence. The sandbox does not: a member it does not
know is an adapter's typing error found in a test instead of in production.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.paypal.problems import Detail, invalid


@dataclass(frozen=True)
class Text:
    """A string of bounded length in a given form; `choices` closes the set."""

    longest: int = 127
    form: str = r"(?s).*"
    choices: frozenset[str] = frozenset()
    shortest: int = 1

    def faults(self, value: object, at: str) -> Iterator[Detail]:
        """Name what is wrong with a value."""
        if not isinstance(value, str):
            yield Detail("INVALID_PARAMETER_SYNTAX", at, value)
        elif not self.shortest <= len(value) <= self.longest:
            yield Detail("INVALID_STRING_LENGTH", at, value)
        elif not re.fullmatch(self.form, value):
            yield Detail("INVALID_PARAMETER_SYNTAX", at, value)
        elif self.choices and value not in self.choices:
            yield Detail("INVALID_PARAMETER_VALUE", at, value)


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def faults(self, value: object, at: str) -> Iterator[Detail]:
        """Name what is wrong with a value."""
        if not isinstance(value, bool):
            yield Detail("INVALID_PARAMETER_SYNTAX", at, value)


@dataclass(frozen=True)
class Members:
    """An object with these members and no others."""

    known: Mapping[str, "Form"]
    required: frozenset[str] = frozenset()

    def faults(self, value: object, at: str) -> Iterator[Detail]:
        """Name what is wrong with a value."""
        if not isinstance(value, dict):
            yield Detail("INVALID_PARAMETER_SYNTAX", at or "/", value)
            return
        for name in sorted(self.required - value.keys()):
            yield Detail("MISSING_REQUIRED_PARAMETER", f"{at}/{name}")
        for name, member in value.items():
            if name in self.known:
                yield from self.known[name].faults(member, f"{at}/{name}")
            else:
                yield Detail("UNSUPPORTED_PARAMETER", f"{at}/{name}", member)


@dataclass(frozen=True)
class Several:
    """A list of one form."""

    form: "Form"
    most: int = 100
    fewest: int = 1

    def faults(self, value: object, at: str) -> Iterator[Detail]:
        """Name what is wrong with a value."""
        if not isinstance(value, list):
            yield Detail("INVALID_PARAMETER_SYNTAX", at, value)
            return
        if len(value) < self.fewest:
            yield Detail("INVALID_ARRAY_MIN_ITEMS", at, value)
        if len(value) > self.most:
            yield Detail("INVALID_ARRAY_MAX_ITEMS", at)
        for index, item in enumerate(value):
            yield from self.form.faults(item, f"{at}/{index}")


Form = Text | Flag | Members | Several


def demand(form: Form, body: object) -> None:
    """Raise 400 INVALID_REQUEST naming every fault of a body."""
    faults = list(form.faults(body, ""))
    if faults:
        raise invalid(*faults)


def members(required: str = "", /, **known: Form) -> Members:
    """Give an object form; `required` names members, separated by blanks."""
    return Members(known, frozenset(required.split()))


def choice(*values: str) -> Text:
    """Give a closed set of strings."""
    return Text(choices=frozenset(values))

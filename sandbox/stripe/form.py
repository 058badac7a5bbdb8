"""Stripe's form encoding with brackets."""

import re
from typing import Any
from urllib.parse import parse_qsl

from sandbox.reply import Json
from sandbox.stripe.errors import malformed

KEY = re.compile(r"^[^\[\]]+(\[[^\[\]]*\])*$")
PART = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")
MAX_DEPTH = 6


def decode_form(text: str) -> Json:
    """Return nested parameters of `a[b]=c`, `expand[0]=x`, `expand[]=x`, in either encoding."""
    root: Json = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=2000)
    except ValueError:
        raise malformed("Invalid request: the parameters could not be decoded.") from None
    for key, value in pairs:
        _put(root, _parts(key), value)
    return {key: _listed(value) for key, value in root.items()}


def _parts(key: str) -> list[str]:
    parts = PART.findall(key)
    if not KEY.match(key) or len(parts) > MAX_DEPTH:
        raise malformed(f"Invalid parameter name: {key}")
    return parts


def _put(node: Json, parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        child = node.setdefault(_index(node, part), {})
        if not isinstance(child, dict):
            raise malformed(f"Invalid hash: {part} is given twice", param=part)
        node = child
    node[_index(node, parts[-1])] = value


def _index(node: Json, part: str) -> str:
    return part or str(len(node))


def _listed(value: Any) -> Any:  # noqa: ANN401 — a tree of text, dicts, lists
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(child) for key, child in value.items()}

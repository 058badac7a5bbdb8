"""The strict reading of parameters: what is not declared is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.reply import Json
from sandbox.stripe.errors import malformed

Reader = Callable[[str, Any], Any]

METADATA_KEYS = 50
METADATA_NAME = 40
METADATA_VALUE = 500


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: how its raw value becomes a value; whether it must be there, may be unset."""

    read: Reader
    is_required: bool = False
    may_be_empty: bool = False


Shape = Mapping[str, Param]


def required(param: Param) -> Param:
    """Return the parameter as one that must be given."""
    return replace(param, is_required=True)


def unsettable(param: Param) -> Param:
    """Return the parameter as one that an empty string unsets."""
    return replace(param, may_be_empty=True)


def read_params(shape: Shape, raw: Json, parent: str = "") -> Json:
    """Return typed parameters; StripeError for unknown, missing, empty or malformed ones."""
    for name in raw:
        if name not in shape:
            path = _path(parent, name)
            raise malformed(f"Received unknown parameter: {path}", "parameter_unknown", path)
    for name, param in shape.items():
        if param.is_required and name not in raw:
            path = _path(parent, name)
            raise malformed(f"Missing required param: {path}.", "parameter_missing", path)
    return {name: _read(shape[name], _path(parent, name), value) for name, value in raw.items()}


def _read(param: Param, path: str, value: Any) -> Any:  # noqa: ANN401 — any parameter's value
    if value != "":
        return param.read(path, value)
    if param.may_be_empty:
        return None
    text = (
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset "
        f"a parameter; however '{path}' cannot be unset. You should remove '{path}' from your "
        "request or supply a non-empty value."
    )
    raise malformed(text, "parameter_invalid_empty", path)


def _path(parent: str, name: str) -> str:
    return f"{parent}[{name}]" if parent else name


def _text(path: str, value: Any) -> str:  # noqa: ANN401 — any parameter's value
    if not isinstance(value, str):
        raise malformed(f"Invalid string: {value}", param=path)
    return value


def _integer(path: str, value: Any) -> int:  # noqa: ANN401 — any parameter's value
    try:
        return int(_text(path, value))
    except ValueError:
        raise malformed(f"Invalid integer: {value}", "parameter_invalid_integer", path) from None


def _boolean(path: str, value: Any) -> bool:  # noqa: ANN401 — any parameter's value
    if value not in ("true", "false"):
        raise malformed(f"Invalid boolean: {value}", param=path)
    return bool(value == "true")


def _metadata(path: str, value: Any) -> dict[str, str]:  # noqa: ANN401 — any parameter's value
    if not isinstance(value, dict):
        raise malformed(f"Invalid object: {value}", "invalid_object", path)
    if len(value) > METADATA_KEYS:
        raise malformed(f"Metadata can have at most {METADATA_KEYS} keys.", param=path)
    for name, text in value.items():
        if len(name) > METADATA_NAME or len(_text(f"{path}[{name}]", text)) > METADATA_VALUE:
            raise malformed(f"Metadata name or value is too long: {name}", param=path)
    return dict(value)


def _timestamps(path: str, value: Any) -> dict[str, int]:  # noqa: ANN401 — any parameter's value
    if isinstance(value, str):
        return {"gte": _integer(path, value), "lte": _integer(path, value)}
    return read_params(dict.fromkeys(("gt", "gte", "lt", "lte"), integer), value, path)


def one_of(*words: str) -> Param:
    """Return a parameter that takes one of some words."""

    def read(path: str, value: Any) -> str:  # noqa: ANN401 — any parameter's value
        if value not in words:
            raise malformed(f"Invalid {path}: must be one of {', '.join(words)}", param=path)
        return str(value)

    return Param(read)


def list_of(item: Param) -> Param:
    """Return a parameter that takes a list."""

    def read(path: str, value: Any) -> list[Any]:  # noqa: ANN401 — any parameter's value
        if not isinstance(value, list):
            raise malformed(f"Invalid array: {value}", param=path)
        return [item.read(f"{path}[{index}]", child) for index, child in enumerate(value)]

    return Param(read)


def nested(shape: Shape) -> Param:
    """Return a parameter that takes an object of declared members."""

    def read(path: str, value: Any) -> Json:  # noqa: ANN401 — any parameter's value
        if not isinstance(value, dict):
            raise malformed(f"Invalid object: {value}", "invalid_object", path)
        return read_params(shape, value, path)

    return Param(read)


def _anything(_: str, value: Any) -> Any:  # noqa: ANN401 — any parameter's value
    return value


text = Param(_text)
integer = Param(_integer)
boolean = Param(_boolean)
anything = Param(_anything)
metadata = Param(_metadata, may_be_empty=True)
timestamps = Param(_timestamps)
expand = list_of(text)

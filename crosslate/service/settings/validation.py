"""Pydantic's validation errors in the words of the person who wrote the input."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError

from crosslate.service.errors import FieldError

_MAX_ECHOED_KEY = 64
_MAX_FAULTS = 20
"""Told one by one. A body of a megabyte can have hundreds of thousands."""
_REWORDED = {
    "missing": "is required",
}
_SHOULD_BE = "Input should be "
_OBJECT, _ARRAY = "Input should be an object", "Input should be a valid array"
_AS_JSON = {"model_type": _OBJECT, "list_type": _ARRAY}
"""Also of a field of a form, which is a value of Python's by then."""
_OR = re.compile(r"(?<=')(?:, | or )(?=')")
_SIZE = re.compile(
    r"^(?:List|Tuple|Value) (should have at (?:least|most) \d+ items?) after validation, (not \d+)$"
)
_CONSEQUENCES = ("default_factory_not_called",)
"""What only says that a value was not looked at, since another one is at fault."""


def field_errors(error: ValidationError, model: type[BaseModel]) -> tuple[FieldError, ...]:
    """The faults, with their paths in the input; an unknown key names the nearest one. Echoes no input.

    Of many the first ones, and then how many more there are.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    items = [item for item in found if item["type"] not in _CONSEQUENCES] or found
    faults = [_field_error(item["type"], item["loc"], item["msg"], model) for item in items[:_MAX_FAULTS]]
    if len(items) > _MAX_FAULTS:
        faults.append(FieldError((), f"and {len(items) - _MAX_FAULTS} more faults"))
    return tuple(faults)


def request_errors(error: ValidationError, model: type[BaseModel]) -> tuple[FieldError, ...]:
    """As `field_errors`; those of the branches of a union as one that names all that the value may be."""
    by_path: dict[tuple[str | int, ...], list[str]] = {}
    for fault in field_errors(error, model):
        by_path.setdefault(fault.loc, []).append(fault.msg)
    return tuple(
        FieldError(path, message) for path, messages in by_path.items() for message in _joined(messages)
    )


def _joined(messages: list[str]) -> list[str]:
    if len(messages) == 1 or not all(message.startswith(_SHOULD_BE) for message in messages):
        return messages
    kinds = [kind for one in messages for kind in _OR.split(one.removeprefix(_SHOULD_BE))]
    return [f"{_SHOULD_BE}{', '.join(kinds[:-1])} or {kinds[-1]}"]


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What to say about a key that does not exist."""
    known = sorted(known)
    nearest = difflib.get_close_matches(key[:_MAX_ECHOED_KEY], known, n=1, cutoff=0.5)
    if nearest:
        return f"unknown key; did you mean {nearest[0]!r}?"
    return f"unknown key; known are {', '.join(known)}"


def _field_error(kind: str, loc: tuple[str | int, ...], msg: str, model: type[BaseModel]) -> FieldError:
    path, owner, annotation = _locate(loc, model)
    if kind == "extra_forbidden" and owner is not None:
        return FieldError(
            (*path[:-1], _shortened(str(path[-1]))), unknown_key(str(path[-1]), owner.model_fields)
        )
    if kind == "json_invalid":
        why = msg.removeprefix("Invalid JSON: ")
        if "hex escape" in why:
            why += "; if it is half of a surrogate pair, send characters beyond U+FFFF whole"
        return FieldError(path, f"is not valid JSON: {why}" if path else f"the body is not valid JSON: {why}")
    msg = _AS_JSON.get(kind, _SIZE.sub(r"\1, \2", msg.removeprefix("Value error, ")))
    return FieldError(path, _REWORDED.get(kind, msg + _members(msg, annotation)))


def _members(msg: str, annotation: object) -> str:
    """What belongs into an object that was to be there."""
    if msg == _OBJECT and (wanted := _model_in(annotation)) is not None:
        return _required(wanted)
    if msg == _ARRAY and (wanted := _model_in(_element_of(annotation))) is not None:
        return f" of objects{_required(wanted)}"
    return ""


def _required(model: type[BaseModel]) -> str:
    names = [repr(name) for name, field in model.model_fields.items() if field.is_required()]
    return f" with {' and '.join(names)}" if names else ""


def _locate(
    loc: tuple[str | int, ...], model: type[BaseModel]
) -> tuple[tuple[str | int, ...], type[BaseModel] | None, object]:
    """The path without pydantic's names of union branches, the model of its last key, and the type there."""
    path: list[str | int] = []
    owner: type[BaseModel] | None = model
    annotation: object = model
    for part in loc:
        current = _model_in(annotation)
        if isinstance(part, int):
            path.append(part)
            owner, annotation = None, _element_of(annotation)
        elif current is not None:
            path.append(part)
            owner = current
            annotation = _type_of(current, part)
    return tuple(path), owner, annotation


def _type_of(model: type[BaseModel], key: str) -> object:
    """Of the field that this key, its name or alias, is of; None where it is of none."""
    fields = model.model_fields
    aliased = (field for field in fields.values() if field.alias == key)
    info = fields.get(key) or next(aliased, None)
    return None if info is None else info.annotation


def _branches(annotation: object) -> tuple[object, ...]:
    if typing.get_origin(annotation) is typing.Annotated:
        return _branches(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(inner for branch in typing.get_args(annotation) for inner in _branches(branch))
    return (annotation,)


def _model_in(annotation: object) -> type[BaseModel] | None:
    for branch in _branches(annotation):
        if isinstance(branch, type) and issubclass(branch, BaseModel):
            return branch
    return None


def _element_of(annotation: object) -> object:
    for branch in _branches(annotation):
        if typing.get_origin(branch) in (list, tuple):
            return typing.get_args(branch)[0]
    return None


def _shortened(key: str) -> str:
    printable = "".join(c if c.isprintable() else "?" for c in key[:_MAX_ECHOED_KEY])
    return printable if len(key) <= _MAX_ECHOED_KEY else printable + "…"

"""Shapes of what is sent, made from the dataclasses that the actions take: a new field of theirs is a field here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from django.apps import apps
from pydantic import Field as Bounded
from pydantic import create_model

from gongshu.web.api.shapes import Asked

_PROSE = 4000
_LARGEST = 2_147_483_647
_MOST_PARTS = 2000


def shape_of(name: str, filled: type, *, model: str = "", optional: tuple[str, ...] = ()) -> type[Asked]:
    """A shape called ``name`` with the fields of the dataclass ``filled``; lengths are those of the table ``model``.

    Fields named ``optional`` may be left out although the dataclass asks for them.
    """
    lengths = _lengths(model)
    hints = get_type_hints(filled)
    made: dict[str, Any] = {}
    for one in fields(filled):
        kind = _bounded(f"{name}{one.name.title()}", hints[one.name], lengths.get(one.name, _PROSE))
        made[one.name] = (kind, _default(one, hints[one.name], one.name in optional))
    return create_model(name, __base__=Asked, __doc__=filled.__doc__, **made)


def fill(filled: type, sent: Asked, **changes: Any) -> Any:
    """The dataclass that ``sent`` describes, with ``changes`` laid over it."""
    hints = get_type_hints(filled)
    values = {one.name: _value(hints[one.name], getattr(sent, one.name)) for one in fields(filled)}
    return filled(**(values | changes))


def _lengths(model: str) -> Mapping[str, int]:
    if not model:
        return {}
    found = apps.get_model(model)._meta.get_fields()
    return {one.name: one.max_length for one in found if getattr(one, "max_length", None)}


def _bounded(name: str, hint: Any, length: int) -> Any:
    origin = get_origin(hint)
    if origin is tuple:
        inner = get_args(hint)[0]
        return Annotated[list[_bounded(name, inner, length)], Bounded(max_length=_MOST_PARTS)]  # type: ignore[misc]
    if origin is Mapping:
        name_, words_ = Annotated[str, Bounded(max_length=200)], Annotated[str, Bounded(max_length=length)]
        return Annotated[dict[name_, words_], Bounded(max_length=_MOST_PARTS)]  # type: ignore[valid-type]
    if origin in (Union, UnionType):
        parts = [_bounded(name, part, length) for part in get_args(hint) if part is not type(None)]
        return parts[0] | None
    if is_dataclass(hint):
        return shape_of(name.removesuffix("s"), hint)  # type: ignore[arg-type]
    if hint is str:
        return Annotated[str, Bounded(max_length=length)]
    if hint is int:
        return Annotated[int, Bounded(ge=0, le=_LARGEST)]
    return hint


def _default(one: Field[Any], hint: Any, optional: bool) -> Any:
    if one.default is not MISSING:
        return one.default
    if one.default_factory is not MISSING:
        return Bounded(default_factory=dict if get_origin(hint) is Mapping else list)
    return "" if optional else ...


def _value(hint: Any, sent: Any) -> Any:
    origin = get_origin(hint)
    if origin is tuple:
        return tuple(_value(get_args(hint)[0], part) for part in sent)
    if origin in (Union, UnionType) and sent is not None:
        return _value(next(part for part in get_args(hint) if part is not type(None)), sent)
    return fill(hint, sent) if is_dataclass(hint) and isinstance(sent, Asked) else sent

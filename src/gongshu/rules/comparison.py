"""Two cities side by side: parameter by parameter, with citations, and where they differ in substance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from gongshu.rules.answers import Value, plain
from gongshu.rules.pack import Definition, Pack

_WORDING = frozenset({"words", "label"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One parameter in one case (``where`` is empty for the general one) under two packs; None where a pack is silent."""

    definition: Definition
    where: Mapping[str, Any]
    left: Value | None
    right: Value | None

    @property
    def differs(self) -> bool:
        """Whether the two differ in substance: other numbers, deciders, lists; not merely other words."""
        if self.left is None or self.right is None:
            return self.left is not self.right
        return bool(substance(self.left.value) != substance(self.right.value))

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.definition.name,
            "description": plain(self.definition.description),
            "where": dict(self.where),
            "differs": self.differs,
            "left": self.left.as_json() if self.left else None,
            "right": self.right.as_json() if self.right else None,
        }


def compare(left: Pack, right: Pack, *, on: date) -> tuple[Comparison, ...]:
    """Every parameter that either pack answers on ``on``, sorted by name, in each case that either tells apart.

    A case in which both packs answer as they do in general is left out.
    """
    found = []
    for definition in left.parameters():
        general = _ask(definition, {}, left, right, on)
        if general.left or general.right:
            found.append(general)
        for where in _cases(definition, left, right, on):
            asked = _ask(definition, where, left, right, on)
            if (asked.left or asked.right) and (asked.left, asked.right) != (general.left, general.right):
                found.append(asked)
    return tuple(found)


def substance(value: Any) -> Any:
    """``value`` without the words that only describe it; labels and texts, which are nothing but words, stay."""
    return _without_words(plain(value))


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_words(item) for key, item in value.items() if key not in _WORDING}
        return kept or value
    if isinstance(value, list):
        return [_without_words(item) for item in value]
    return value


def _ask(definition: Definition, where: Mapping[str, Any], left: Pack, right: Pack, on: date) -> Comparison:
    return Comparison(
        definition, where, left.find(definition.name, on=on, **where), right.find(definition.name, on=on, **where)
    )


def _cases(definition: Definition, left: Pack, right: Pack, on: date) -> tuple[Mapping[str, Any], ...]:
    seen: dict[tuple[tuple[str, Any], ...], Mapping[str, Any]] = {}
    for pack in (left, right):
        for where in _told_apart(definition.name, pack, on):
            seen.setdefault(tuple(sorted((key, str(item)) for key, item in where.items())), where)
    return tuple(seen[key] for key in sorted(seen, key=lambda key: (len(key), key)) if key)


def _told_apart(name: str, pack: Pack, on: date) -> Iterator[Mapping[str, Any]]:
    """The conditions of every variant of ``name`` in ``pack`` and above; one that allows several values stands for each."""
    entry = next((entry for entry in pack.entries.get(name, ()) if entry.since is None or entry.since <= on), None)
    for variant in entry.variants if entry else ():
        values = [item if isinstance(item, list) else [item] for item in variant.when.values()]
        for chosen in product(*values):
            yield dict(zip(variant.when, chosen, strict=True))
    if pack.parent:
        yield from _told_apart(name, pack.parent, on)

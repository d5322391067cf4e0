"""From a folder of YAML to a :class:`~gongshu.rules.pack.Pack`, with every mistake located by file and line.

A pack folder holds ``pack.yaml`` (what the text is), one file per group of parameters (``sharing.yaml`` defines
``sharing.…``), ``cases/`` and the article register (:mod:`gongshu.rules.register`). The national pack defines each
parameter (description, shape, unit); a city gives values.

    reply_deadline:
      values:
        2018-11-08:                     # from this day on; `undated` where the text has no date
          value: {days: 10, words: {zh: …, en: …}}
          reference: [{article: 20, text: {zh: …, en: …}}]

Instead of ``value`` an entry may have ``variants``, each with ``when``, ``value`` and ``reference``. A dated ``value: null``
(with its reference) ends a parameter; leaving one out means that the national value goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from gongshu.errors import Text
from gongshu.rules.citations import Citation, Kind, Source
from gongshu.rules.documents import Document, Path_, display_name, expect_keys, parse
from gongshu.rules.pack import Definition, Entry, Pack, Variant
from gongshu.rules.shapes import LISTS, SHAPES
from gongshu.rules.words import BODY_KINDS

_PACK_KEYS = ("id", "extends", "kind", "title", "region", "region_code", "valid_from", "valid_to", "sources", "notes")
_SOURCE_KEYS = ("title", "kind", "number", "issuer", "issued", "verified", "last_checked_on", "binds")
_PARAMETER_KEYS = ("description", "shape", "unit", "by", "values")
_ENTRY_KEYS = ("value", "variants", "reference", "without")
_REFERENCE_KEYS = ("source", "article", "text", "verified", "last_checked_on")
UNDATED = "undated"
_NOT_PARAMETERS = ("pack.yaml", "articles.yaml")


@dataclass(frozen=True)
class _Context:
    """What is known while the files of one pack are read."""

    pack_id: str
    sources: Mapping[str, Source]
    own_source: str
    definitions: dict[str, Definition]
    parent: Pack | None


def read_pack(folder: Path, parent: Pack | None) -> Pack:
    """Read the pack in ``folder`` over ``parent``.

    Raises:
        RulePackError: any mistake, with file and line in ``where``.
    """
    head = _document(folder, folder / "pack.yaml")
    expect_keys(head, (), head.data, _PACK_KEYS, ("id", "kind", "title", "region", "sources"))
    data = head.data
    if parent is None and data["id"] != "national":
        raise head.error(
            "rules.silent_drop",
            (),
            "城市规则包须写“extends: national”，否则国家规则会被无声丢弃。请补上。",
            "a city's pack needs “extends: national”; without it every national parameter would be dropped silently.",
        )
    sources = dict(parent.sources) if parent else {}
    own = {str(key): _source(head, key) for key in _mapping(head, ("sources",), data["sources"])}
    sources.update(own)
    definitions = dict(parent.definitions) if parent else {}
    context = _Context(str(data["id"]), sources, next(iter(own), ""), definitions, parent)
    entries: dict[str, tuple[Entry, ...]] = {}
    documents: list[Document] = []
    for file in _parameter_files(folder):
        document = _document(folder, file)
        documents.append(document)
        for key in _mapping(document, (), document.data):
            name = f"{file.stem}.{key}"
            entries[name] = _parameter(document, name, key, context)
    for document in documents:
        _check_timed_steps(document, definitions)
    return Pack(
        id=context.pack_id,
        title=_typed(head, ("title",), data["title"], Text),
        kind=_typed(head, ("kind",), data["kind"], Kind),
        region=_typed(head, ("region",), data["region"], Text),
        region_code=_typed(head, ("region_code",), data.get("region_code"), str | None),
        valid_from=_typed(head, ("valid_from",), data.get("valid_from"), date | None),
        valid_to=_typed(head, ("valid_to",), data.get("valid_to"), date | None),
        sources=sources,
        definitions=definitions,
        entries=entries,
        parent=parent,
        version=_version(folder, parent),
        notes=_typed(head, ("notes",), data.get("notes") or {}, dict[str, Text]),
    )


def parent_id(folder: Path) -> str | None:
    """The pack that the one in ``folder`` extends, or None."""
    head = _document(folder, folder / "pack.yaml")
    expect_keys(head, (), head.data, _PACK_KEYS, ())
    parent = head.data.get("extends")
    return str(parent) if parent is not None else None


def _parameter_files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.glob("*.yaml")) if file.name not in _NOT_PARAMETERS)


def _document(folder: Path, file: Path) -> Document:
    name = display_name(folder, file.name)
    try:
        return parse(file.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise Document(name, None, {}).error(
            "rules.unreadable",
            (),
            "文件不存在或不是 UTF-8 文本。请检查该规则包文件夹。",
            "the file is missing or is not UTF-8 text. Check the pack's folder.",
        ) from error


def _version(folder: Path, parent: Pack | None) -> str:
    digest = hashlib.sha256(parent.version.encode() if parent else b"")
    for file in [folder / "pack.yaml", *_parameter_files(folder)]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _mapping(document: Document, path: Path_, data: Any) -> dict[str, Any]:
    if not isinstance(data, dict) or not data:
        raise document.error(
            "rules.wrong_type",
            path,
            "此处应为非空的“键：值”映射。",
            "a mapping with at least one key is expected here.",
        )
    return data


def _typed(document: Document, path: Path_, data: Any, shape: Any) -> Any:
    """``data`` converted to ``shape``, or an error at the line of the part that does not fit."""
    try:
        return msgspec.convert(data, shape, builtin_types=(date,))
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        steps: list[str | int] = []
        for part in where.rstrip("`").replace("[", ".[").split("."):
            if part.startswith("["):
                inner = part[1:-1]
                steps.append(int(inner) if inner.isdigit() else inner)
            elif part:
                steps.append(part)
        at = (*path, *steps)
        code = "rules.unknown_key" if "unknown field" in message else "rules.wrong_type"
        spot = ".".join(str(step) for step in at)
        raise document.error(
            code, at, f"{spot} 的内容不符合要求（{message}）。请更正。", f"{spot} does not fit: {message}. Correct it."
        ) from error


def _source(head: Document, key: str) -> Source:
    path: Path_ = ("sources", key)
    data = head.data["sources"][key]
    expect_keys(head, path, data, _SOURCE_KEYS, ("title", "kind", "verified"))
    binds = tuple(_typed(head, (*path, "binds"), data.get("binds") or [], list[str]))
    if unknown := [kind for kind in binds if kind not in BODY_KINDS]:
        raise head.error(
            "rules.unknown_key",
            (*path, "binds"),
            f"没有“{unknown[0]}”这种单位类别。可用：{'、'.join(BODY_KINDS)}。",
            f"there is no kind of body “{unknown[0]}”. Known: {', '.join(BODY_KINDS)}.",
        )
    return Source(
        key,
        _typed(head, (*path, "title"), data["title"], Text),
        _typed(head, (*path, "kind"), data["kind"], Kind),
        _typed(head, (*path, "number"), data.get("number"), str | None),
        _typed(head, (*path, "issuer"), data.get("issuer"), Text | None),
        _typed(head, (*path, "issued"), data.get("issued"), date | None),
        _typed(head, (*path, "verified"), data["verified"], bool),
        _typed(head, (*path, "last_checked_on"), data.get("last_checked_on"), date | None),
        binds,
    )


def _parameter(document: Document, name: str, key: str, context: _Context) -> tuple[Entry, ...]:
    path: Path_ = (key,)
    data = document.data[key]
    if data is None or (isinstance(data, dict) and not data.get("values") and context.parent):
        raise _silent_drop(document, path, name)
    defining = context.parent is None
    required = ("description", "shape", "values") if defining else ("values",)
    expect_keys(document, path, data, _PARAMETER_KEYS if defining else ("values",), required)
    if defining:
        context.definitions[name] = _definition(document, name, path, data)
    elif name not in context.definitions:
        raise document.error(
            "rules.unknown_key",
            path,
            f"国家规则包没有定义参数“{name}”。请更正名称，或先在国家包中定义。",
            f"the national pack defines no parameter “{name}”. Correct the name, or define it there first.",
        )
    definition = context.definitions[name]
    entries = [_entry(document, (key, "values", since), since, definition, context) for since in data["values"] or {}]
    return tuple(sorted(entries, key=lambda entry: entry.since or date.min, reverse=True))


def _silent_drop(document: Document, path: Path_, name: str) -> Exception:
    return document.error(
        "rules.silent_drop",
        path,
        f"参数“{name}”是空的，会无声丢弃国家规则。请给出值，或在某日期下写 value: null 并注明依据以终止它。",
        f"“{name}” is empty, which would drop the national rule silently. Give a value, or end it by a dated "
        "“value: null” with its reference.",
    )


def _definition(document: Document, name: str, path: Path_, data: dict[str, Any]) -> Definition:
    shape = _typed(document, (*path, "shape"), data["shape"], str)
    if shape not in SHAPES:
        raise document.error(
            "rules.wrong_type",
            (*path, "shape"),
            f"没有“{shape}”这种取值形式。可用：{'、'.join(SHAPES)}。",
            f"there is no shape “{shape}”. Known: {', '.join(SHAPES)}.",
        )
    return Definition(
        name,
        _typed(document, (*path, "description"), data["description"], Text),
        shape,
        _typed(document, (*path, "unit"), data.get("unit"), str | None),
        tuple(_typed(document, (*path, "by"), data.get("by") or [], list[str])),
    )


def _entry(document: Document, path: Path_, since: str, definition: Definition, context: _Context) -> Entry:
    day = _since(document, path, since)
    data: dict[str, Any] = document.data[path[0]]["values"][since]
    if data is None:
        raise _silent_drop(document, path, definition.name)
    expect_keys(document, path, data, _ENTRY_KEYS, ())
    if ("value" in data) == ("variants" in data):
        raise document.error(
            "rules.missing_key", path, "须写 value 或 variants 之一。", "write either “value” or “variants”."
        )
    if "variants" in data:
        variants = []
        for index, item in enumerate(data["variants"] or []):
            at = (*path, "variants", index)
            expect_keys(document, at, item, ("when", "value", "reference"), ("when", "value", "reference"))
            variants.append(_variant(document, at, item, definition, context, set()))
        _check_distinct(document, path, variants)
        return Entry(day, tuple(variants))
    citations = _references(document, path, data.get("reference"), context)
    if data["value"] is None:
        if day is None:
            raise _silent_drop(document, path, definition.name)
        return Entry(day, (), citations)
    without = set(_typed(document, (*path, "without"), data.get("without") or [], list[str]))
    return Entry(day, (_variant(document, path, {"when": {}, **data}, definition, context, without),), citations)


def _since(document: Document, path: Path_, since: str) -> date | None:
    if since == UNDATED:
        return None
    try:
        return date.fromisoformat(since)
    except ValueError as error:
        raise document.error(
            "rules.wrong_type",
            path,
            f"“{since}”不是日期。请写成 2018-11-08 的形式；原文没有日期的写 undated。",
            f"“{since}” is not a date. Write it like 2018-11-08, or “undated” where the text has none.",
        ) from error


def _variant(
    document: Document, path: Path_, data: dict[str, Any], definition: Definition, context: _Context, without: set[str]
) -> Variant:
    when = data["when"] or {}
    for qualifier in when:
        if qualifier not in definition.qualifiers:
            raise document.error(
                "rules.unknown_key",
                (*path, "when", qualifier),
                f"“{definition.name}”不按“{qualifier}”区分。可用：{'、'.join(definition.qualifiers) or '无'}。",
                f"“{definition.name}” does not depend on “{qualifier}”. "
                f"Known: {', '.join(definition.qualifiers) or 'none'}.",
            )
    citations = _references(document, path, data.get("reference"), context)
    value = _typed(document, (*path, "value"), data["value"], SHAPES[definition.shape])
    ids = [item.id for item in value] if definition.shape in ("choices", "held") else []
    if twice := next((one for one in ids if ids.count(one) > 1), None):
        raise document.error(
            "rules.duplicate_key",
            (*path, "value"),
            f"“{twice}”列了两次。请保留一处。",
            f"“{twice}” is listed twice. Keep one.",
        )
    if definition.shape in LISTS and context.parent:
        _check_nothing_lost(document, path, value, without, definition, context.parent)
    return Variant(when, value, citations)


def _check_nothing_lost(
    document: Document, path: Path_, value: Any, without: set[str], definition: Definition, parent: Pack
) -> None:
    above = {str(v) for e in parent.entries.get(definition.name, ())[:1] for i in e.variants for v in i.value}
    if lost := sorted(above - {str(item) for item in value} - without):
        raise document.error(
            "rules.silent_drop",
            path,
            f"“{definition.name}”少了国家规则中的 {'、'.join(lost)}。请补上，或列入 without 并注明依据。",
            f"“{definition.name}” leaves out {', '.join(lost)} of the national rule. Add it, or name it under “without”.",
        )


def _check_distinct(document: Document, path: Path_, variants: list[Variant]) -> None:
    if not variants:
        raise document.error(
            "rules.wrong_type", (*path, "variants"), "variants 不能为空。", "“variants” cannot be empty."
        )
    seen: list[Mapping[str, Any]] = []
    for index, variant in enumerate(variants):
        if variant.when in seen:
            raise document.error(
                "rules.duplicate_key",
                (*path, "variants", index),
                "两个 variants 的条件（when）相同。请合并。",
                "two variants have the same “when”. Merge them.",
            )
        seen.append(variant.when)


def _references(document: Document, path: Path_, data: Any, context: _Context) -> tuple[Citation, ...]:
    if not isinstance(data, list) or not data:
        raise document.error(
            "rules.missing_reference",
            path,
            "缺少 reference（依据的条款）。没有依据的数字不能进规则包，请补上条号和要点。",
            "“reference” is missing. A value without its article cannot enter a rule pack: add article and wording.",
        )
    return tuple(_citation(document, (*path, "reference", index), item, context) for index, item in enumerate(data))


def _citation(document: Document, path: Path_, data: Any, context: _Context) -> Citation:
    expect_keys(document, path, data, _REFERENCE_KEYS, ("article", "text"))
    key = data.get("source", context.own_source)
    source = context.sources.get(str(key))
    if source is None:
        raise document.error(
            "rules.missing_reference",
            (*path, "source"),
            f"pack.yaml 的 sources 中没有“{key}”。请更正。",
            f"“{key}” is not among the sources in pack.yaml. Correct it.",
        )
    checked = _typed(document, (*path, "last_checked_on"), data.get("last_checked_on"), date | None)
    return Citation(
        context.pack_id,
        source,
        str(data["article"]),
        _typed(document, (*path, "text"), data["text"], Text),
        source.verified and _typed(document, (*path, "verified"), data.get("verified", True), bool),
        checked or source.last_checked_on,
    )


def _check_timed_steps(document: Document, definitions: Mapping[str, Definition]) -> None:
    """Every ``deadline:`` of a step must name a parameter of shape ``deadline``."""
    for path, name in _deadline_names(document.data, ()):
        if getattr(definitions.get(name), "shape", None) != "deadline":
            raise document.error(
                "rules.missing_reference",
                path,
                f"步骤引用了不存在的期限“{name}”。请更正，或先在国家包中定义。",
                f"the step is timed by “{name}”, which is no deadline parameter. Correct it, or define it first.",
            )


def _deadline_names(data: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    if isinstance(data, dict):
        if "act" in data and isinstance(data.get("deadline"), str):
            yield (*path, "deadline"), data["deadline"]
        for key, item in data.items():
            yield from _deadline_names(item, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _deadline_names(item, (*path, index))

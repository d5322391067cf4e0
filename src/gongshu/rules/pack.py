"""A city's rules, ready to be asked: value and citation for a day.

A :class:`Pack` is what the rest of the platform sees. It is immutable, so answers are cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from gongshu import clock
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.rules.answers import RefusalDemand, Route, Status, Step, Value
from gongshu.rules.citations import Citation, Kind, Source, in_quotes
from gongshu.rules.merging import binds, stricter
from gongshu.rules.shapes import MERGED, Deadline, RefusalRule, RouteRule, StepRule
from gongshu.rules.words import BODY_KINDS, Access, Field, Office, Review

_CACHE_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Variant:
    """One value under a condition; ``when`` is empty for the general case."""

    when: Mapping[str, Any]
    value: Any
    citations: tuple[Citation, ...]

    def fits(self, qualifiers: Mapping[str, Any]) -> bool:
        """Whether every condition is met; a list in ``when`` means any of its members."""
        return all(
            key in qualifiers and (qualifiers[key] in wanted if isinstance(wanted, list) else qualifiers[key] == wanted)
            for key, wanted in self.when.items()
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What applies from ``since`` on (None: the text has no date). No variants: the parameter ended that day."""

    since: date | None
    variants: tuple[Variant, ...]
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """What a parameter is; written once, in the national pack."""

    name: str
    description: Text
    shape: str
    unit: str | None
    qualifiers: tuple[str, ...]


@dataclass(frozen=True)
class Pack:
    """One city's rules over the national ones. Build it with :func:`gongshu.rules.load`.

    ``valid_to`` is the first day on which the text is no longer in force; None if it has no end.
    """

    id: str
    title: Text
    kind: Kind
    region: Text
    region_code: str | None
    valid_from: date | None
    valid_to: date | None
    sources: Mapping[str, Source]
    definitions: Mapping[str, Definition]
    entries: Mapping[str, tuple[Entry, ...]]
    parent: Pack | None
    version: str
    notes: Mapping[str, Text] = field(default_factory=dict)
    _cache: dict[Any, Value | None] = field(default_factory=dict, repr=False, compare=False)

    # -- validity ---------------------------------------------------------------------------------------------------

    def status(self, on: date) -> Status:
        """Whether the pack's text is law on ``on``. A pack that is not still answers, and :meth:`notice` says so."""
        if self.kind is Kind.DRAFT:
            return Status.DRAFT
        if self.kind is Kind.INTERPRETATION:
            return Status.INTERPRETATION
        if self.valid_from is not None and on < self.valid_from:
            return Status.NOT_YET
        if self.valid_to is not None and on >= self.valid_to:
            return Status.LAPSED
        return Status.IN_FORCE

    def notice(self, on: date) -> Text | None:
        """The sentence that pages show while the pack is not plainly in force; None when it is."""
        zh, en = in_quotes(self.title.zh), self.title.en
        match self.status(on):
            case Status.IN_FORCE:
                return self.notes.get("in_force")
            case Status.NOT_YET:
                return Text(
                    f"{zh}自{self.valid_from}起施行，尚未生效。",
                    f"{en} takes effect on {self.valid_from} and is not in force yet.",
                )
            case Status.LAPSED:
                return Text(
                    f"{zh}有效期已于{self.valid_to}届满；平台仍按其规则运行，办理依据须另行确认。",
                    f"{en} lapsed on {self.valid_to}; the platform still follows it, but decisions need another basis.",
                )
            case Status.DRAFT:
                return Text(
                    f"{zh}为征求意见稿，未正式施行；平台按其规则演示，不能单独作为办理依据。",
                    f"{en} is a draft for comment, never in force; its rules are shown but carry no decision alone.",
                )
            case Status.INTERPRETATION:
                return Text(
                    f"本规则包依据{zh}编写，并非办法原文；不能单独作为办理依据。",
                    f"This pack rests on {en}, not on the measures themselves; it carries no decision alone.",
                )

    # -- values -----------------------------------------------------------------------------------------------------

    def parameters(self) -> tuple[Definition, ...]:
        """Every parameter known, sorted by name."""
        return tuple(self.definitions[name] for name in sorted(self.definitions))

    def value(self, name: str, *, on: date, body_kind: str | None = None, **qualifiers: Any) -> Value:
        """The value of ``name`` on ``on``.

        ``body_kind`` says who must keep to it (a government department if nothing is said): a time limit is the stricter
        of the national and the local one where both bind that body, and cites both (:mod:`gongshu.rules.merging`).

        ``qualifiers`` choose among variants (``share_type``, ``mode``, ``collected``…); those the definition does not
        list are an error, those not given match only the general case.

        Raises:
            NotFound: ``rules.unknown_parameter``, ``rules.unknown_qualifier``, ``rules.unknown_body_kind``, or
                ``rules.no_value`` when the city's texts say nothing (or ended it) by that day.
        """
        found = self.find(name, on=on, body_kind=body_kind, **qualifiers)
        if found is None:
            description = self.definitions[name].description
            raise NotFound(
                "rules.no_value",
                f"“{self.region.zh}”规则包在{on}没有“{description.zh}”（{name}）的规定。",
                f"The rule pack “{self.region.en}” says nothing about “{description.en}” ({name}) on {on}.",
                parameter=name,
                pack=self.id,
            )
        return found

    def find(self, name: str, *, on: date, body_kind: str | None = None, **qualifiers: Any) -> Value | None:
        """As :meth:`value`, but None when the texts say nothing."""
        key = (name, on, body_kind, tuple(sorted(qualifiers.items()))) if qualifiers or body_kind else (name, on)
        try:
            return self._cache[key]
        except KeyError:
            pass
        self._check_question(name, qualifiers)
        if body_kind is not None and body_kind not in BODY_KINDS:
            raise NotFound(
                "rules.unknown_body_kind",
                f"没有“{body_kind}”这种单位类别。可用：{'、'.join(BODY_KINDS)}。",
                f"There is no kind of body “{body_kind}”. Known: {', '.join(BODY_KINDS)}.",
                parameter=name,
            )
        answer = self._answer(name, on, qualifiers, body_kind)
        if len(self._cache) >= _CACHE_LIMIT:
            self._cache.clear()
        self._cache[key] = answer
        return answer

    def advisory(self, name: str, *, on: date, **qualifiers: Any) -> Value | None:
        """What the texts above the city say about ``name``, for display beside the city's own rule; never decides."""
        return self.parent.find(name, on=on, **qualifiers) if self.parent else None

    def _check_question(self, name: str, qualifiers: Mapping[str, Any]) -> None:
        definition = self.definitions.get(name)
        if definition is None:
            raise NotFound(
                "rules.unknown_parameter",
                f"没有名为“{name}”的规则参数。用“gongshu rules show {self.id}”查看全部参数。",
                f"There is no rule parameter “{name}”. “gongshu rules show {self.id}” lists them all.",
                parameter=name,
            )
        for qualifier in qualifiers:
            if qualifier not in definition.qualifiers:
                raise NotFound(
                    "rules.unknown_qualifier",
                    f"规则参数“{name}”不按“{qualifier}”区分。可用：{'、'.join(definition.qualifiers) or '无'}。",
                    f"The parameter “{name}” does not depend on “{qualifier}”. "
                    f"It knows: {', '.join(definition.qualifiers) or 'none'}.",
                    parameter=name,
                )

    def _answer(self, name: str, on: date, qualifiers: Mapping[str, Any], body_kind: str | None) -> Value | None:
        found = self._resolve(name, on, qualifiers)
        if found is None:
            return None
        if found.binding and not binds(found, body_kind):
            found = replace(found, binding=False)
        root = self.root
        if found.pack == root.id or self.definitions[name].shape != "deadline" or not found.verified:
            return found
        national = root._resolve(name, on, qualifiers)
        if national is None or not national.binding or not binds(national, body_kind):
            return found
        return stricter(found, national)

    def _resolve(self, name: str, on: date, qualifiers: Mapping[str, Any]) -> Value | None:
        above = self.parent._resolve(name, on, qualifiers) if self.parent else None
        entry = next((e for e in self.entries.get(name, ()) if e.since is None or e.since <= on), None)
        if entry is None:
            return above
        if not entry.variants:
            return None
        fitting = [variant for variant in entry.variants if variant.fits(qualifiers)]
        if not fitting:
            return above
        best = max(fitting, key=lambda variant: len(variant.when))
        value, citations = best.value, best.citations
        if above is not None and self.definitions[name].shape in MERGED:
            if not set(above.value) <= set(value):
                citations = (*citations, *above.citations)
            value = {key: item for key, item in {**above.value, **value}.items() if item is not None}
        verified = all(citation.verified for citation in citations)
        binding = verified and self.kind.binds and self.status(on) is Status.IN_FORCE
        return Value(name, value, citations, verified, binding, self.id, entry.since)

    @property
    def root(self) -> Pack:
        """The national pack."""
        return self.parent.root if self.parent else self

    # -- what people ask most -----------------------------------------------------------------------------------------

    def labels(self, what: str, *, on: date | None = None) -> Mapping[Any, Text]:
        """Local words of a canonical enum on a day (today): CONDITIONAL is 受限共享类 in Yongjia."""
        return dict(self.value(f"labels.{what}", on=on or clock.today()).value)

    def office_name(self, office: Office | str, *, on: date | None = None) -> Text:
        """The local name of an office on a day (today), or the general word."""
        office = Office(office)
        names = self.find("authority.offices", on=on or clock.today())
        name: Text | None = names.value.get(office.value) if names else None
        return name or office.label

    def route(
        self,
        share_type: str,
        *,
        on: date,
        mode: str = "query",
        collected: bool = True,
        parameter: str = "sharing.chain",
        body_kind: str | None = None,
    ) -> Route:
        """How a body comes to data of ``share_type``, in ``mode``, when the platform holds them (``collected``) or not.

        ``body_kind`` is that of the body that must answer, as in :meth:`value`.

        Raises:
            NotFound: ``rules.no_value``.
        """
        qualifiers = {"share_type": str(share_type), "mode": str(mode), "collected": collected}
        return self._route(parameter, on, qualifiers, body_kind)

    def chain(self, share_type: str, *, on: date, mode: str = "query", collected: bool = True) -> tuple[Step, ...]:
        """The steps of :meth:`route`; empty means that nobody decides and the data may be taken directly.

        Raises:
            GongshuError: ``rules.not_shareable`` when there is no way to such data, so that an empty chain never
                stands for it.
        """
        route = self.route(share_type, on=on, mode=mode, collected=collected)
        if route.access is Access.CLOSED:
            raise GongshuError(
                "rules.not_shareable",
                f"此类数据不提供共享：{route.words.zh}",
                f"Data of this type are not shared: {route.words.en}",
                share_type=str(share_type),
            )
        return route.steps

    def opening_route(self, open_type: str, *, on: date, body_kind: str | None = None) -> Route:
        """Who decides that a data set of ``open_type`` is opened to the public; ``body_kind`` is the provider's."""
        return self._route("opening.chain", on, {"open_type": str(open_type)}, body_kind)

    def open_access(self, open_type: str, *, on: date, body_kind: str | None = None) -> Route:
        """How a member of the public comes to opened data of ``open_type``; ``body_kind`` is the provider's."""
        return self._route("opening.access", on, {"open_type": str(open_type)}, body_kind)

    def refusal(self, on: date, parameter: str = "sharing.refusal_requires") -> RefusalDemand:
        """What a refusal must contain on ``on``."""
        found = self.value(parameter, on=on)
        rule: RefusalRule = found.value
        return RefusalDemand(rule.reason, rule.legal_basis, rule.written, rule.accepts, found.citations, found.verified)

    def deadline(self, name: str, *, on: date, **qualifiers: Any) -> tuple[Deadline, tuple[Citation, ...]]:
        """A parameter of shape ``deadline`` with its citations."""
        found = self.value(name, on=on, **qualifiers)
        return found.value, found.citations

    def application_fields(self, on: date) -> tuple[Field, ...]:
        """What an application for sharing must state."""
        return tuple(self.value("sharing.application_requires", on=on).value)

    def opening_reviews(self, on: date) -> tuple[Review, ...]:
        """Reviews that must be on record before a data set is opened."""
        return tuple(self.value("opening.review_requires", on=on).value)

    def _route(self, name: str, on: date, qualifiers: dict[str, Any], body_kind: str | None = None) -> Route:
        known = self.definitions[name].qualifiers
        asked = {key: item for key, item in qualifiers.items() if key in known}
        found = self.value(name, on=on, body_kind=body_kind, **asked)
        rule: RouteRule = found.value
        stage, steps = 0, []
        for step in rule.steps:
            stage += not (step.jointly and stage)
            steps.append(self._step(stage, step, found, on, qualifiers, body_kind))
        return Route(
            rule.access,
            rule.words,
            tuple(steps),
            found.citations,
            found.verified,
            found.binding,
            rule.masked_only,
            rule.agreement,
        )

    def _step(
        self, stage: int, rule: StepRule, found: Value, on: date, qualifiers: dict[str, Any], body_kind: str | None
    ) -> Step:
        days, words, citations, verified = None, None, found.citations, found.verified
        extension = None
        if rule.deadline is not None:
            known = self.definitions[rule.deadline].qualifiers
            asked = {key: item for key, item in qualifiers.items() if key in known}
            timed = self.value(rule.deadline, on=on, body_kind=body_kind, **asked)
            days, words = timed.value.days, timed.value.words
            citations = (*citations, *(c for c in timed.citations if c.id not in {o.id for o in citations}))
            verified = verified and timed.verified
            extension = timed.value.extension if timed.verified else None  # an unverified number decides nothing alone
        return Step(
            stage,
            rule.office,
            self.office_name(rule.office, on=on),
            rule.act,
            rule.words,
            days,
            words,
            citations,
            rule.consulted,
            verified,
            extension,
        )

"""Checks of the rights in the data: who holds which, and that nobody is named who cannot (xian-6 to xian-9)."""

from __future__ import annotations

from collections.abc import Iterator

from gongshu.catalog.checking import Case, ConsistencyCheck, Severity, Spot
from gongshu.catalog.rights import RightRule, rights_of
from gongshu.catalog.shape import normal
from gongshu.errors import Text


def _known(case: Case) -> tuple[RightRule, ...]:
    return rights_of(case.pack, case.on)


def _held(case: Case) -> dict[str, list[str]]:
    """Who is named, by right."""
    held: dict[str, list[str]] = {}
    for right in case.data.rights:
        if right.holder.strip():
            held.setdefault(right.right, []).append(right.holder.strip())
    return held


def _words(rights: list[RightRule]) -> Text:
    return Text("、".join(one.label.zh for one in rights), ", ".join(one.label.en for one in rights))


def _unknown(case: Case) -> Iterator[Spot]:
    known = {one.id for one in _known(case)}
    if known and any(right.right not in known for right in case.data.rights):
        yield Spot()


def _owner_missing(case: Case) -> Iterator[Spot]:
    held = _held(case)
    for right in _known(case):
        if right.owner is not None and right.id not in held:
            yield Spot(words={"owner": right.owner})


def _owner_other(case: Case) -> Iterator[Spot]:
    """Ownership is given to somebody else than the city's texts say (西安7: the state)."""
    held = _held(case)
    for right in _known(case):
        if right.owner is not None and set(held.get(right.id, ())) - {right.owner.zh, right.owner.en}:
            yield Spot(words={"owner": right.owner})


def _provider_missing(case: Case) -> Iterator[Spot]:
    held = _held(case)
    if missing := [one for one in _known(case) if one.provider and one.id not in held]:
        yield Spot(words={"rights": _words(missing)})


def _provider_other(case: Case) -> Iterator[Spot]:
    """A right that departments have by their functions is given to somebody who is neither provider nor lead (西安8)."""
    if not case.provider:
        return  # whoever asks does not know the unit's name
    may = {normal(name) for name in (case.provider, case.data.lead_department) if name.strip()}
    held = _held(case)
    wrong = [one for one in _known(case) if one.provider and {normal(name) for name in held.get(one.id, ())} - may]
    if wrong:
        yield Spot(words={"rights": _words(wrong), "provider": Text(case.provider, case.provider)})


def _by_grant(case: Case) -> Iterator[Spot]:
    held = _held(case)
    if wrong := [one for one in _known(case) if one.by_grant_only and one.id in held]:
        yield Spot(words={"rights": _words(wrong)})


_E = Severity.ERROR

CHECKS: tuple[ConsistencyCheck, ...] = (
    ConsistencyCheck(
        "right_unknown", _E, "rights", "catalog.rights",
        Text("所填的权利不在本市规定之中。", "The city's rules know no such right."),
        _unknown,
    ),
    ConsistencyCheck(
        "owner_missing", _E, "rights", "catalog.owner",
        Text("请写明所有权人：{owner}。", "Name the owner: {owner}."),
        _owner_missing,
    ),
    ConsistencyCheck(
        "owner_other", _E, "rights", "catalog.owner",
        Text(
            "数据资源的所有权归{owner}，请改正所填的权利人。",
            "Data resources are owned by {owner}; mend the holder given.",
        ),
        _owner_other,
    ),
    ConsistencyCheck(
        "provider_right_missing", _E, "rights", "catalog.provider_rights",
        Text(
            "尚未写明依法定职能享有以下权利的部门：{rights}。",
            "No department is named that has these rights by its functions: {rights}.",
        ),
        _provider_missing,
    ),
    ConsistencyCheck(
        "provider_right_other", _E, "rights", "catalog.provider_rights",
        Text(
            "以下权利由提供单位（{provider}）或牵头部门依法定职能享有，请改正权利人：{rights}。",
            "These rights are the providing unit's ({provider}) or the lead department's; mend the holders: {rights}.",
        ),
        _provider_other,
    ),
    ConsistencyCheck(
        "right_by_grant", _E, "rights", "catalog.authorised_rights",
        Text(
            "以下权利经授权取得，随授权或协议起止，由平台按有效授权列明，请勿填写：{rights}。",
            "These rights come with an authorisation and end with it; the platform lists them, leave them empty: {rights}.",
        ),
        _by_grant,
    ),
)  # fmt: skip

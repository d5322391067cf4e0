"""Service matters for business systems: may people be asked for this material? (xian-16, yongjia-24)"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from gongshu.identity.actor import Actor
from gongshu.identity.tokens import Scope
from gongshu.matters import actions, queries
from gongshu.matters.states import AskedOf
from gongshu.web.api.access import actor_of, needs
from gongshu.web.api.shapes import Asked, Cited, Limit, Line, Offset, Page, Whole, Word, Words, cited, page, words

router = Router(tags=["申请材料 Materials asked for"])


class NewMatter(Asked):
    name: Line
    materials: list[Line] = Field(default_factory=list, max_length=100)
    code: Line = ""
    basis: Annotated[str, Field(max_length=300)] = ""
    asked_of: AskedOf = AskedOf.BOTH


class NewMaterial(Asked):
    name: Line


class Move(Asked):
    """``strike`` names the ``entry`` that replaces the material, ``justify`` a ``ground`` and the reason."""

    act: Literal["strike", "justify", "disallow", "resume"]
    material: Whole = Field(description="材料序号 position of the material")
    entry: Line = ""
    ground: Line = ""
    reason: Annotated[str, Field(max_length=500)] = ""


class HeldLine(Schema):
    code: str
    title: str
    provider: Words
    share_type: str
    why: Words
    interface: str = Field(description="网关核验接口 address of the gateway that verifies it")
    grants: list[tuple[str, list[str]]] = Field(
        description="本单位现有授权及方式 grants of the own unit, and their ways"
    )


class AskAnswer(Schema):
    material: str
    may_ask: bool
    forbidden: bool = Field(description="本市规则不得索要 the city's rules forbid it; otherwise it is a hint")
    why: Words
    status: str = Field(description="登记的材料状态 of the registered material, if it is one")
    held: list[HeldLine]
    citations: list[Cited]


class MaterialLine(Schema):
    position: int
    name: str
    status: str
    status_label: Words
    matches: list[dict[str, str]]
    entry: str
    entry_title: str
    ground: str
    reason: str
    decided_at: datetime | None


class MatterLine(Schema):
    number: str
    name: str
    code: str
    organization: str
    status: str
    status_label: Words
    asked: int
    flagged: int
    struck: int
    registered_at: datetime


class MatterAnswer(MatterLine):
    basis: str
    asked_of: str
    materials: list[MaterialLine]


@router.get("/ask", response=AskAnswer, auth=needs(Scope.READ), summary="可否索要材料 May people be asked for this?")
def ask(
    request: HttpRequest, material: Annotated[str, Query(min_length=1, max_length=200)], matter: Word = ""
) -> dict[str, Any]:
    """Asked before a window or a form asks a person: whether the platform has it, from whom, by which interface."""
    found = queries.ask(actor_of(request), material, number=matter)
    return {
        "material": material,
        "may_ask": found.may_ask,
        "forbidden": found.forbidden,
        "why": words(found.why),
        "status": found.material.status if found.material else "",
        "held": [
            {
                "code": one.code,
                "title": one.title,
                "provider": words(one.provider),
                "share_type": one.share_type,
                "why": words(one.why),
                "interface": one.interface,
                "grants": [(grant, list(modes)) for grant, modes in one.grants],
            }
            for one in found.held
        ],
        "citations": cited(found.citations),
    }


@router.get("", response=Page[MatterLine], auth=needs(Scope.READ), summary="事项列表 Matters one may see")
def matters(request: HttpRequest, limit: Limit, offset: Offset, q: Word = "", status: Word = "") -> dict[str, Any]:
    return page(queries.search(actor_of(request), text=q, status=status), limit, offset, _line)


@router.get("/{number}", response=MatterAnswer, auth=needs(Scope.READ), summary="一个事项 One matter")
def matter(request: HttpRequest, number: str) -> dict[str, Any]:
    return _answer(actor_of(request), number)


@router.post("", response={201: MatterAnswer}, auth=needs(Scope.SHARING), summary="登记事项 Register a matter")
def register(request: HttpRequest, body: NewMatter) -> Status[Any]:
    by = actor_of(request)
    made = actions.register(
        by=by, name=body.name, materials=body.materials, code=body.code, basis=body.basis, asked_of=body.asked_of
    )
    return Status(201, _answer(by, made.number))


@router.post("/{number}/materials", response=MatterAnswer, auth=needs(Scope.SHARING), summary="增加材料 One more")
def add(request: HttpRequest, number: str, body: NewMaterial) -> dict[str, Any]:
    by = actor_of(request)
    actions.add_material(by=by, number=number, name=body.name)
    return _answer(by, number)


@router.post("/{number}/act", response=MatterAnswer, auth=needs(Scope.SHARING), summary="处理材料 Deal with a material")
def act(request: HttpRequest, number: str, body: Move) -> dict[str, Any]:
    by = actor_of(request)
    if body.act == "strike":
        actions.strike(by=by, number=number, position=body.material, entry=body.entry, reason=body.reason)
    elif body.act == "justify":
        actions.justify(by=by, number=number, position=body.material, ground=body.ground, reason=body.reason)
    elif body.act == "disallow":
        actions.disallow(by=by, number=number, position=body.material, reason=body.reason)
    else:
        actions.resume(by=by, number=number, position=body.material, reason=body.reason)
    return _answer(by, number)


def _line(found: Any) -> dict[str, Any]:
    names = ("number", "name", "code", "status", "asked", "flagged", "struck", "registered_at")
    return {name: getattr(found, name) for name in names} | {
        "organization": found.organization.code,
        "status_label": words(found.status_label),
    }


def _answer(by: Actor, number: str) -> dict[str, Any]:
    found = queries.matter(by, number)
    names = ("position", "name", "status", "matches", "entry", "entry_title", "ground", "reason", "decided_at")
    return _line(found) | {
        "basis": found.basis,
        "asked_of": found.asked_of,
        "materials": [
            {name: getattr(row, name) for name in names} | {"status_label": words(row.status_label)}
            for row in queries.materials(found)
        ],
    }

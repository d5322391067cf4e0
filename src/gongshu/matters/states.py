"""The life of a material that a service matter asks people for (西安16: 不得要求自然人、法人重复提交)."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class MatterStatus(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


MATTER_LABELS: dict[MatterStatus, Text] = {
    MatterStatus.ACTIVE: Text("在办", "In use"),
    MatterStatus.ENDED: Text("已停办", "Ended"),
}


class AskedOf(StrEnum):
    """Whom the matter asks."""

    NATURAL = "natural"
    LEGAL = "legal"
    BOTH = "both"


ASKED_LABELS: dict[AskedOf, Text] = {
    AskedOf.NATURAL: Text("自然人", "natural persons"),
    AskedOf.LEGAL: Text("法人和其他组织", "legal persons and other bodies"),
    AskedOf.BOTH: Text("自然人和法人", "natural and legal persons"),
}


class MaterialStatus(StrEnum):
    CLEAR = "clear"  # the catalog has nothing of the kind: it may be asked for
    FLAGGED = "flagged"  # the platform has it: the unit strikes it or says why not
    STRUCK = "struck"  # not asked for any more; obtained by sharing or verified
    JUSTIFIED = "justified"  # asked for all the same, with the ground on record


MATERIAL_LABELS: dict[MaterialStatus, Text] = {
    MaterialStatus.CLEAR: Text("可以收取", "May be asked for"),
    MaterialStatus.FLAGGED: Text("平台可以获取，待处理", "The platform has it: to be dealt with"),
    MaterialStatus.STRUCK: Text("已取消收取", "No longer asked for"),
    MaterialStatus.JUSTIFIED: Text("说明理由后保留", "Kept, with reasons"),
}
ASKED = (MaterialStatus.CLEAR, MaterialStatus.JUSTIFIED)
"""States in which people may be asked for the material."""


class Ground(StrEnum):
    """Why a material is asked for although the platform has something of the kind."""

    OTHER_CONTENT = "other_content"
    NOT_MATCHING = "not_matching"
    LAW = "law"
    SECURITY = "security"  # xian-16: 除涉及国家安全有关部门外


GROUND_LABELS: dict[Ground, Text] = {
    Ground.OTHER_CONTENT: Text("材料内容与平台数据不同", "the material says something else than the data"),
    Ground.NOT_MATCHING: Text("平台数据对该人核验不一致，已提出异议", "the data were doubted for this person"),
    Ground.LAW: Text("法律、行政法规要求收取原件", "a law or administrative regulation asks for the original"),
    Ground.SECURITY: Text("涉及国家安全", "state security is concerned"),
}

MATERIAL = Table(
    name="matters_material",
    title=Text("申请材料", "material"),
    states=MATERIAL_LABELS,
    initial=MaterialStatus.CLEAR,
    transitions=(
        Transition(
            "flag",
            MaterialStatus.CLEAR,
            MaterialStatus.FLAGGED,
            by=("platform",),
            label=Text("发现平台可以获取", "Found on the platform"),
        ),
        Transition(
            "clear",
            MaterialStatus.FLAGGED,
            MaterialStatus.CLEAR,
            by=("platform",),
            label=Text("平台不再可以获取", "No longer on the platform"),
        ),
        Transition(
            "strike",
            (MaterialStatus.CLEAR, MaterialStatus.FLAGGED, MaterialStatus.JUSTIFIED),
            MaterialStatus.STRUCK,
            by=("unit",),
            label=Text("取消收取", "Ask for it no more"),
        ),
        Transition(
            "justify",
            MaterialStatus.FLAGGED,
            MaterialStatus.JUSTIFIED,
            by=("unit",),
            label=Text("说明理由保留", "Keep it, with reasons"),
        ),
        Transition(
            "disallow",
            MaterialStatus.JUSTIFIED,
            MaterialStatus.FLAGGED,
            by=("data_authority",),
            label=Text("理由不成立", "Reasons not accepted"),
        ),
        Transition(
            "resume",
            MaterialStatus.STRUCK,
            MaterialStatus.CLEAR,
            by=("unit", "platform"),
            label=Text("恢复收取", "Ask for it again"),
        ),
    ),
)

"""Who asks for which data, and why. Where the rules bring data out through an operator, the needs are other ones."""

from __future__ import annotations

from typing import NamedTuple

from gongshu.demo import city
from gongshu.demo.stage import Stage
from gongshu.identity.states import Office


class Need(NamedTuple):
    """``applicant`` is a user name; ``system`` and ``system_name`` are the program that will call the gateway."""

    applicant: str
    register: str
    items: tuple[str, ...]
    basis: str
    scenario: str
    process: str
    system: str
    system_name: str


# `main` is the application that the story follows; `misused` ends in a revocation; `open` needs nobody in cities that
# share without conditions directly; `waiting` is left on the deciders' desks.
DEPARTMENTS = {
    "main": Need(
        "zhou",
        "companies",
        ("uscc", "name", "legal_representative", "status"),
        "《建筑业企业资质管理规定》第十六条",
        "建筑业企业资质审查时核对企业登记状态",
        "资质受理 → 核对企业登记 → 审查 → 决定",
        "housing-permits",
        "资质审查系统",
    ),
    "misused": Need(
        "xu",
        "population",
        ("citizen_id", "name", "birth_date", "marital_status"),
        "《婚姻登记条例》第七条",
        "婚姻登记窗口核对当事人身份",
        "受理 → 核对身份 → 登记",
        "civil-marriage",
        "婚姻登记系统",
    ),
    "open": Need(
        "zhou",
        "permits",
        ("permit_no", "matter", "holder", "valid_to"),
        "《建设工程质量管理条例》第四十三条",
        "施工现场检查核对许可",
        "检查 → 核对许可 → 记录",
        "housing-sites",
        "工地检查系统",
    ),
    "waiting": Need(
        "tang",
        "companies",
        ("uscc", "name", "status"),
        "《道路运输条例》第二十四条",
        "道路运输企业年审核对登记状态",
        "年审受理 → 核对登记 → 结论",
        "transport-review",
        "运输年审系统",
    ),
}
# No personal data among these: they may not be brought out at all (dazhou-16).
OPERATOR = {
    "main": Need(
        "ma",
        "companies",
        ("uscc", "name", "status", "industry"),
        "授权运营协议",
        "企业登记状态核验服务：金融机构开户前核对",
        "需求登记 → 核验服务 → 结果反馈",
        "operator-kyb",
        "企业核验服务",
    ),
    "misused": Need(
        "ma",
        "permits",
        ("permit_no", "matter", "holder", "valid_to"),
        "授权运营协议",
        "供应链准入核对经营许可",
        "需求登记 → 查询许可 → 准入结论",
        "operator-supply",
        "供应链准入服务",
    ),
    "open": Need(
        "ma",
        "stops",
        ("stop_code", "stop_name", "longitude", "latitude"),
        "授权运营协议",
        "商圈客流评估产品",
        "需求登记 → 加工 → 报告",
        "operator-retail",
        "商圈评估产品",
    ),
    "waiting": Need(
        "ma",
        "companies",
        ("uscc", "name", "founded_on"),
        "授权运营协议",
        "企业存续年限统计报告",
        "需求登记 → 统计 → 报告",
        "operator-report",
        "统计报告产品",
    ),
}


def needs(stage: Stage) -> dict[str, Need]:
    """The needs of this story: an operator's where the city's way of sharing goes through one (dazhou-17, 18)."""
    share_type = str(city.ENTRIES["companies"].share_type)
    steps = stage.pack.route(share_type, on=stage.day).steps
    through_operator = any(str(office) == str(Office.OPERATOR) for step in steps for office in step.consulted)
    return OPERATOR if through_operator else DEPARTMENTS


def key_of(register: str) -> str:
    """The name of the register's key item."""
    return next(item.name for item in city.ENTRIES[register].items if item.is_key)

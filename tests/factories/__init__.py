"""Factories that go through the front door: every object is made by the same actions that users take.

An impossible state can therefore not be built. Each function returns what the next one needs.
"""

from __future__ import annotations

from datetime import timedelta

from gongshu import clock, rules
from gongshu.catalog import actions as catalog
from gongshu.catalog import queries as entries
from gongshu.catalog.draft import EntryData, ItemData
from gongshu.catalog.models import Entry
from gongshu.catalog.states import Check, OpenType, ShareType, UpdateCycle
from gongshu.catalog.terms import BasisKind
from gongshu.identity import actions as identity
from gongshu.identity import queries as people
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.sharing.policy import Request

SEED = Actor.process("tests")
PASSWORD = "correct horse battery"


class City:
    """The smallest city in which the story can be played: three offices, two departments, the people they need."""

    def __init__(self) -> None:
        for code, name, office in (
            ("government", "江临市人民政府", Office.GOVERNMENT),
            ("authority", "江临市数据局", Office.AUTHORITY),
            ("center", "江临市大数据中心", Office.CENTER),
            ("market", "市市场监督管理局", Office.DEPARTMENT),
            ("housing", "市住房和城乡建设局", Office.DEPARTMENT),
        ):
            identity.register_organization(by=SEED, code=code, name=name, name_en=code.title(), office=office)
        identity.ensure_platform(by=SEED)
        self.compiler = self.person("wang", "market", Role.PROVIDER)
        self.reviewer = self.person("li", "market", Role.PROVIDER)
        self.consumer = self.person("zhou", "housing", Role.CONSUMER)
        self.authority = self.person("lin", "authority", Role.DATA_AUTHORITY)
        self.center = self.person("chen", "center", Role.DATA_AUTHORITY)
        self.government = self.person("qian", "government", Role.DATA_AUTHORITY)
        self.auditor = self.person("shen", "authority", Role.AUDITOR)

    def person(self, username: str, organization: str, *roles: Role) -> Actor:
        identity.register_person(
            by=SEED,
            username=username,
            display_name=username.title(),
            password=PASSWORD,
            organization=organization,
            roles=list(roles),
        )
        return people.actor_by_username(username)

    def deciders(self) -> tuple[Actor, ...]:
        return (self.reviewer, self.authority, self.center, self.government)

    def draft(self, data: EntryData | None = None) -> Entry:
        return catalog.create_entry(by=self.compiler, data=data or companies())

    def published(self, data: EntryData | None = None) -> Entry:
        entry = self.draft(data)
        catalog.submit_entry(by=self.compiler, code=entry.code)
        catalog.record_secrecy_review(by=self.reviewer, code=entry.code)
        return self.reviewed(entry.code)

    def reviewed(self, code: str) -> Entry:
        """All whom the pack asks to review agree, the last of them publishes."""
        entry = catalog.publish_entry(by=self.reviewer, code=code)
        if entries.review_turn(entry) is not None:
            entry = catalog.publish_entry(by=self.center, code=code)
        return entry

    def collected(self, data: EntryData | None = None) -> Entry:
        entry = self.published(data)
        catalog.note_data_version(by=SEED, code=entry.code, version=0, rows=3, at=clock.now())
        entry.refresh_from_db()
        return entry


def companies(**changes: object) -> EntryData:
    """The company register: shared on conditions, not open."""
    base: dict[str, object] = {
        "title": "企业登记信息",
        "abstract": "全市企业登记的基本信息。",
        "provider": "market",
        "share_type": ShareType.CONDITIONAL,
        "share_condition": "仅限履行职责使用",
        "share_basis": "《中华人民共和国个人信息保护法》第三十四条",
        "share_basis_kind": BasisKind.LAW,
        "open_type": OpenType.PROHIBITED,
        "update_cycle": UpdateCycle.DAILY,
        "theme": "市场监管",
        "business_name": "企业登记",
        "source_system": "企业登记系统",
        "share_period": "长期",
        "items": (
            ItemData("uscc", "统一社会信用代码", required=True, is_key=True, check=Check.USCC),
            ItemData("name", "企业名称", required=True),
            ItemData("legal_rep", "法定代表人", mask="name", sensitive=True),
        ),
    }
    return EntryData(**(base | changes))  # type: ignore[arg-type]


def stops(**changes: object) -> EntryData:
    """Bus stops: shared and open to everybody."""
    base: dict[str, object] = {
        "title": "公交站点",
        "share_type": ShareType.UNCONDITIONAL,
        "share_condition": "",
        "open_type": OpenType.UNCONDITIONAL,
        "theme": "交通运输",
        "items": (ItemData("code", "站点编码", required=True, is_key=True), ItemData("name", "站点名称")),
    }
    return companies(**(base | changes))


def request(**changes: object) -> Request:
    """An application that states everything that any city asks for."""
    base: dict[str, object] = {
        "items": ("name", "legal_rep"),
        "purpose": purpose(),
        "mode": "query",
        "valid_until": clock.today() + timedelta(days=90),
        "basis": "《城市房地产管理法》第四十五条",
        "scenario": "商品房预售许可核查",
        "business_process": "受理—核查—发证",
        "scope": "房地产市场监管处",
    }
    return Request(**(base | changes))  # type: ignore[arg-type]


def purpose() -> str:
    """A purpose that the active pack accepts."""
    found = rules.active().find("sharing.purposes", on=clock.today())
    return str(found.value[0].id) if found else "行政依据"

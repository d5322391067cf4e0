"""The canonical words that packs use: share types, offices, acts, reviews, kinds of law.

Each has a stable identifier, which code and packs use, and a label for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from gongshu.errors import Text


class Word(StrEnum):
    """A canonical word with the label that people read when the city has no word of its own."""

    label: Text

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = Text(zh, en)
        return word


class ShareType(Word):
    """Canonical share types; each city's own words are ``pack.labels("share_type")``."""

    UNCONDITIONAL = "UNCONDITIONAL", "无条件共享", "shared without conditions"
    CONDITIONAL = "CONDITIONAL", "有条件共享", "shared on conditions"
    PROHIBITED = "PROHIBITED", "不予共享", "not shared"


class OpenType(Word):
    """Canonical open types; each city's own words are ``pack.labels("open_type")``."""

    UNCONDITIONAL = "UNCONDITIONAL", "无条件开放", "open without conditions"
    CONDITIONAL = "CONDITIONAL", "有条件开放", "open on conditions"
    PROHIBITED = "PROHIBITED", "不予开放", "not open"


class Office(Word):
    """Who acts in a chain. Local names are ``pack.office_name(office)``."""

    AUTHORITY = "authority", "公共数据主管部门", "public data authority"
    CENTER = "center", "大数据中心", "big-data center"
    PROVIDER = "provider", "数据提供单位", "data provider"
    CONSUMER = "consumer", "数据使用单位", "data user"
    GOVERNMENT = "government", "本级人民政府", "people's government"
    CITY_AUTHORITY = "city_authority", "上级公共数据主管部门", "public data authority of the level above"
    OPERATOR = "operator", "运营单位", "operator"
    EXPERT_COMMITTEE = "expert_committee", "专家委员会", "expert committee"


class Act(Word):
    """What an office does at its step."""

    FORWARD = "forward", "征求意见", "asks the provider"
    CONSENT = "consent", "答复同意与否", "consents or refuses"
    APPROVE = "approve", "审批", "approves"
    REVIEW = "review", "审核", "reviews"
    AUTHORISE = "authorise", "授权", "authorises"
    COLLECT = "collect", "归集数据", "collects the data"
    NEGOTIATE = "negotiate", "协商", "negotiates"
    COORDINATE = "coordinate", "协调", "coordinates"
    ADVISE = "advise", "提出意见", "advises"
    DECIDE = "decide", "决定", "decides"
    MEND = "mend", "治理数据", "mends the data"


class Access(Word):
    """How one comes to the data at all."""

    DIRECT = "direct", "直接获取", "direct access"  # take it; nobody decides
    APPLICATION = "application", "申请", "on application"  # the steps decide
    NEGOTIATION = (
        "negotiation",
        "协商",
        "by negotiation",
    )  # not for the asking: provider and consumer must come to terms
    CLOSED = "closed", "不提供", "not provided"  # no way


class LawKind(Word):
    """Kinds of texts that can carry a refusal or a restriction."""

    LAW = "law", "法律", "law"
    ADMINISTRATIVE_REGULATION = "administrative_regulation", "行政法规", "administrative regulation"
    LOCAL_REGULATION = "local_regulation", "地方性法规", "local regulation"
    RULE = "rule", "规章", "government rule"
    CENTRAL_POLICY = "central_policy", "党中央、国务院政策", "policy of the Party center or the State Council"
    STATE_COUNCIL_DECISION = "state_council_decision", "国务院决定", "decision of the State Council"
    NORMATIVE_DOCUMENT = "normative_document", "规范性文件", "normative document"


class Review(Word):
    """Reviews that must be on record before data are shared or opened."""

    SECRECY_REVIEW = "secrecy_review", "保密审查", "secrecy review"
    PRIVACY_REVIEW = "privacy_review", "个人隐私审查", "privacy review"
    SECURITY_ASSESSMENT = "security_assessment", "安全风险评估", "security risk assessment"
    MASKING_CHECK = "masking_check", "脱敏脱密检查", "masking and declassification check"
    QUALITY_CHECK = "quality_check", "数据质量检查", "data quality check"
    OPENING_REVIEW = "opening_review", "开放审查", "opening review"


class Field(Word):
    """What an application must state."""

    PURPOSE = "purpose", "使用用途", "purpose of use"
    BASIS = "basis", "使用依据", "basis"
    SCENARIO = "scenario", "应用场景", "scenario of use"
    BUSINESS_PROCESS = "business_process", "业务流程", "business process"
    SCOPE = "scope", "使用范围", "scope of use"
    ITEMS = "items", "申请数据项", "data items"
    MODE = "mode", "共享方式", "way of sharing"
    TERM = "term", "使用时限", "term of use"
    CONFIDENTIALITY = "confidentiality", "保密条件", "confidentiality terms"
    SECURITY_CAPABILITY = "security_capability", "安全保障能力", "security capability"


BODY_KINDS: Mapping[str, Text] = {
    "government_department": Text("政务部门", "government departments"),
    "public_institution": Text("事业单位", "public institutions"),
    "public_utility": Text("公用企业", "public utilities"),
    "enterprise": Text("企业", "enterprises"),
    "social_organization": Text("社会组织", "social organizations"),
}
"""Kinds of bodies that a text may bind; the same words as :class:`gongshu.identity.states.BodyKind`."""

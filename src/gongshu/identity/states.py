"""The words of identity: offices, kinds of body, roles."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text


class Office(StrEnum):
    """The part an organisation plays in the regulations; rule packs give the local names."""

    AUTHORITY = "authority"  # 公共数据主管部门
    CENTER = "center"  # 大数据中心
    GOVERNMENT = "government"  # 本级人民政府
    CITY_AUTHORITY = "city_authority"  # 上级公共数据主管部门
    EXPERT_COMMITTEE = "expert_committee"  # 专家委员会
    DEPARTMENT = "department"  # 公共管理和服务机构
    OPERATOR = "operator"  # 运营单位
    PUBLIC = "public"  # 社会公众


class BodyKind(StrEnum):
    """What kind of body an organisation is (luzhou-2, dazhou-4, yongjia-49): which rules bind it depends on it."""

    GOVERNMENT_DEPARTMENT = "government_department"  # 政务部门
    PUBLIC_INSTITUTION = "public_institution"  # 事业单位
    PUBLIC_UTILITY = "public_utility"  # 公用企业
    ENTERPRISE = "enterprise"  # 企业
    SOCIAL_ORGANIZATION = "social_organization"  # 社会组织


class Role(StrEnum):
    """What a person may do in an organisation, or answers for there.

    ``PRINCIPAL`` and ``STEWARD`` are filed responsibilities (luzhou-6, xian-35, yongjia-43): they let their holder look
    into the workbench, and give no right to decide.
    """

    PRINCIPAL = "principal"
    STEWARD = "steward"
    DATA_AUTHORITY = "data_authority"
    PROVIDER = "provider"
    CONSUMER = "consumer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    SYSTEM_ADMIN = "system_admin"  # 系统管理员
    SECURITY_ADMIN = "security_admin"  # 安全管理员
    AUDIT_ADMIN = "audit_admin"  # 审计管理员
    PUBLIC = "public"


ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
"""The three administrations that watch each other (三员分立): who holds one of these roles holds no other, anywhere."""

ROLE_LABELS: dict[Role, Text] = {
    Role.PRINCIPAL: Text("主要负责人", "Principal"),
    Role.STEWARD: Text("数据管理员", "Data administrator"),
    Role.DATA_AUTHORITY: Text("数据主管", "Data authority"),
    Role.PROVIDER: Text("数据提供", "Data provider"),
    Role.CONSUMER: Text("数据使用", "Data consumer"),
    Role.AUDITOR: Text("审计监督", "Auditor"),
    Role.OPERATOR: Text("授权运营", "Operator"),
    Role.SYSTEM_ADMIN: Text("系统管理员", "System administrator"),
    Role.SECURITY_ADMIN: Text("安全管理员", "Security administrator"),
    Role.AUDIT_ADMIN: Text("审计管理员", "Audit administrator"),
    Role.PUBLIC: Text("社会公众", "Public"),
}

ROLE_NOTES: dict[Role, Text] = {
    Role.PRINCIPAL: Text("对本单位数据工作负总责，可查看工作台", "answers for the data of the organisation; may look"),
    Role.STEWARD: Text("本单位数据工作联系人，可查看工作台", "the contact for the organisation's data; may look"),
    Role.DATA_AUTHORITY: Text("统筹目录、审批和人员管理", "governs catalog, decisions and people"),
    Role.PROVIDER: Text("编制审核目录、归集数据、答复申请", "catalogs, collects, answers applications"),
    Role.CONSUMER: Text("申请和使用共享数据", "applies for shared data and uses them"),
    Role.AUDITOR: Text("查看全部存证，不办理业务", "sees the whole ledger, decides nothing"),
    Role.OPERATOR: Text("授权运营单位的经办人", "acts for an authorised operator"),
    Role.SYSTEM_ADMIN: Text(
        "登记机构、管理应用系统，不管人员和权限", "organisations and systems; no people, no rights"
    ),
    Role.SECURITY_ADMIN: Text("登记人员、授予和终止角色，不管系统", "people and their roles; no systems"),
    Role.AUDIT_ADMIN: Text(
        "查阅存证和另两员的操作，不办任何业务", "reads the ledger and the acts of the other two; nothing else"
    ),
}

OFFICE_LABELS: dict[Office, Text] = {
    Office.AUTHORITY: Text("公共数据主管部门", "Public data authority"),
    Office.CENTER: Text("大数据中心", "Data center"),
    Office.GOVERNMENT: Text("本级人民政府", "Government"),
    Office.CITY_AUTHORITY: Text("上级公共数据主管部门", "Public data authority of the level above"),
    Office.EXPERT_COMMITTEE: Text("专家委员会", "Expert committee"),
    Office.DEPARTMENT: Text("公共管理和服务机构", "Public body"),
    Office.OPERATOR: Text("运营单位", "Operator"),
    Office.PUBLIC: Text("社会公众", "Public"),
}

BODY_KIND_LABELS: dict[BodyKind, Text] = {
    BodyKind.GOVERNMENT_DEPARTMENT: Text("政务部门", "Government department"),
    BodyKind.PUBLIC_INSTITUTION: Text("事业单位", "Public institution"),
    BodyKind.PUBLIC_UTILITY: Text("公用事业企业", "Public utility"),
    BodyKind.ENTERPRISE: Text("企业", "Enterprise"),
    BodyKind.SOCIAL_ORGANIZATION: Text("社会组织", "Social organisation"),
}

LANGUAGES = ("zh", "en")

PASSWORD_RULE = Text(
    "至少 10 个字符，不能是常见密码。建议用几个不相干的词组成一句话。",
    "At least 10 characters, and not a common password. Several unrelated words make a good one.",
)
WEAK = Text(
    "密码不符合要求：至少 10 个字符，且不是常见密码。",
    "The password is too weak: at least 10 characters, and not a common one.",
)

"""Who is who in Jianglin, and what its registers look like in the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from gongshu.catalog.draft import EntryData, ItemData
from gongshu.catalog.states import Check, DataType, OpenType, ShareType, UpdateCycle
from gongshu.catalog.terms import BasisKind
from gongshu.identity.states import BodyKind, Office, Role

NAME, NAME_EN = "江临市", "Jianglin"
PASSWORD = "jianglin-2026"  # noqa: S105 - printed on the screen; the demo listens on the loopback only


@dataclass(frozen=True)
class Body:
    """An organisation of the city beyond the offices that ``gongshu init`` registers."""

    code: str
    name: str
    name_en: str
    parent: str = "government"
    office: Office = Office.DEPARTMENT
    kind: BodyKind = BodyKind.GOVERNMENT_DEPARTMENT


@dataclass(frozen=True)
class Account:
    """Someone who can sign in to the demo."""

    username: str
    name: str
    organization: str
    roles: tuple[Role, ...]


BODIES = (
    Body("market", "江临市市场监督管理局", "Jianglin Market Bureau"),
    Body("police", "江临市公安局", "Jianglin Public Security Bureau"),
    Body("transport", "江临市交通运输局", "Jianglin Transport Bureau"),
    Body("housing", "江临市住房和城乡建设局", "Jianglin Housing Bureau"),
    Body("civil", "江临市民政局", "Jianglin Civil Affairs Bureau"),
    Body(
        "operator",
        "江临数据运营有限公司",
        "Jianglin Data Operation Ltd",
        office=Office.OPERATOR,
        kind=BodyKind.ENTERPRISE,
    ),
)

ACCOUNTS = (
    Account("lin", "林静", "authority", (Role.DATA_AUTHORITY,)),
    Account("zhao", "赵远", "center", (Role.DATA_AUTHORITY,)),
    Account("gu", "顾平", "government", (Role.DATA_AUTHORITY,)),
    Account("wang", "王岚", "market", (Role.PROVIDER,)),
    Account("sun", "孙立", "market", (Role.PROVIDER, Role.CONSUMER)),
    Account("chen", "陈卫", "police", (Role.PROVIDER,)),
    Account("he", "何晴", "police", (Role.PROVIDER,)),
    Account("liu", "刘畅", "transport", (Role.PROVIDER,)),
    Account("tang", "唐宁", "transport", (Role.PROVIDER, Role.CONSUMER)),
    Account("zhou", "周敏", "housing", (Role.CONSUMER,)),
    Account("xu", "徐慧", "civil", (Role.CONSUMER,)),
    Account("ma", "马腾", "operator", (Role.OPERATOR,)),
    Account("shen", "沈鉴", "authority", (Role.AUDITOR,)),
    Account("qin", "秦工", "center", (Role.SYSTEM_ADMIN,)),
    Account("bai", "白安", "authority", (Role.SECURITY_ADMIN,)),
    Account("yan", "严审", "authority", (Role.AUDIT_ADMIN,)),
    Account("pan", "潘越", "civil", (Role.PROVIDER,)),
    Account("meng", "孟舒", "civil", (Role.PROVIDER,)),
)

_DAY = DataType.D

ENTRIES: dict[str, EntryData] = {
    "population": EntryData(
        title="人口基本信息",
        abstract="江临市户籍人口的身份、出生、婚姻与户籍登记信息。虚构数据：号码均不可能真实存在。",
        provider="police",
        share_type=ShareType.CONDITIONAL,
        share_condition="含个人信息，按履职需要、最小必要提供。",
        share_basis="《中华人民共和国个人信息保护法》第三十四条",
        share_basis_kind=BasisKind.LAW,
        open_type=OpenType.PROHIBITED,
        update_cycle=UpdateCycle.DAILY,
        theme="公共安全",
        business_name="户籍管理",
        source_system="人口管理系统",
        keywords="人口 户籍 身份 婚姻",
        share_period="长期",
        items=(
            ItemData("citizen_id", "公民身份号码", DataType.C, 18, True, True, Check.CITIZEN_ID, "id", True),
            ItemData("name", "姓名", DataType.C, 60, True, mask="name", sensitive=True),
            ItemData("sex", "性别", DataType.C, 6, True),
            ItemData("birth_date", "出生日期", _DAY, required=True, mask="year", sensitive=True),
            ItemData("marital_status", "婚姻状况", DataType.C, 20, mask="hidden", sensitive=True),
            ItemData("address", "户籍地址", DataType.C, 200, mask="address", sensitive=True),
            ItemData("phone", "联系电话", DataType.C, 20, mask="phone", sensitive=True),
            ItemData("registered_on", "登记日期", _DAY),
        ),
    ),
    "companies": EntryData(
        title="企业登记信息",
        abstract="江临市各类企业的登记信息：统一社会信用代码、名称、法定代表人、注册资本、登记状态等。虚构数据。",
        provider="market",
        share_type=ShareType.CONDITIONAL,
        share_condition="含法定代表人个人信息，按履职需要提供。",
        share_basis="《中华人民共和国个人信息保护法》第三十四条",
        share_basis_kind=BasisKind.LAW,
        open_type=OpenType.CONDITIONAL,
        open_condition="申请人具备数据安全保护能力并签订数据利用协议。",
        update_cycle=UpdateCycle.DAILY,
        theme="市场监管",
        business_name="企业登记",
        source_system="企业登记系统",
        keywords="企业 法人 登记 信用代码",
        share_period="长期",
        items=(
            ItemData("uscc", "统一社会信用代码", DataType.C, 18, True, True, Check.USCC),
            ItemData("name", "企业名称", DataType.C, 200, True),
            ItemData("legal_representative", "法定代表人", DataType.C, 60, mask="name", sensitive=True),
            ItemData("registered_capital", "注册资本（万元）", DataType.N),
            ItemData("founded_on", "成立日期", _DAY),
            ItemData("status", "登记状态", DataType.C, 20, True),
            ItemData("industry", "行业门类", DataType.C, 60),
            ItemData("address", "住所", DataType.C, 200),
            ItemData("phone", "联系电话", DataType.C, 20, mask="phone", sensitive=True),
        ),
    ),
    "permits": EntryData(
        title="行政许可信息",
        abstract="江临市各部门作出的行政许可：文书号、事项、持证主体、有效期与许可机关。虚构数据。",
        provider="market",
        share_type=ShareType.UNCONDITIONAL,
        open_type=OpenType.UNCONDITIONAL,
        update_cycle=UpdateCycle.WEEKLY,
        theme="市场监管",
        business_name="行政许可公示",
        source_system="审批系统",
        format_type="xlsx",
        keywords="许可 审批 公示",
        share_period="长期",
        items=(
            ItemData("permit_no", "许可文书号", DataType.C, 60, True, True),
            ItemData("matter", "许可事项", DataType.C, 100, True),
            ItemData("holder", "持证主体代码", DataType.C, 18, True, check=Check.USCC),
            ItemData("valid_from", "有效期自", _DAY),
            ItemData("valid_to", "有效期至", _DAY),
            ItemData("authority", "许可机关", DataType.C, 100),
        ),
    ),
    # A library's own entry: it takes no file, its rows are computed from another entry.
    "travel": EntryData(
        title="出行服务主题库",
        abstract="出行服务所用的站点位置：由公交调度系统的登记合成的视图，不另存数据。虚构数据：坐标位于公海。",
        provider="transport",
        share_type=ShareType.UNCONDITIONAL,
        open_type=OpenType.UNCONDITIONAL,
        update_cycle=UpdateCycle.MONTHLY,
        theme="交通运输",
        business_name="主题库建设",
        source_system="公共数据平台",
        keywords="主题库 出行",
        share_period="长期",
        items=(
            ItemData("stop_code", "站点编码", DataType.C, 10, True, True),
            ItemData("stop_name", "站点名称", DataType.C, 100, True),
            ItemData("longitude", "经度", DataType.B, required=True, description="WGS-84，度"),
            ItemData("latitude", "纬度", DataType.B, required=True, description="WGS-84，度"),
        ),
    ),
    "stops": EntryData(
        title="公交站点信息",
        abstract="江临市公交站点的编码、名称、所在区县与坐标（WGS-84）。虚构数据：坐标位于公海。",
        provider="transport",
        share_type=ShareType.UNCONDITIONAL,
        open_type=OpenType.UNCONDITIONAL,
        update_cycle=UpdateCycle.MONTHLY,
        theme="交通运输",
        business_name="公交线网管理",
        source_system="公交调度系统",
        keywords="公交 站点 坐标 出行",
        share_period="长期",
        items=(
            ItemData("stop_code", "站点编码", DataType.C, 10, True, True),
            ItemData("stop_name", "站点名称", DataType.C, 100, True),
            ItemData("district", "所在区县", DataType.C, 30),
            ItemData("longitude", "经度", DataType.B, required=True, description="WGS-84，度"),
            ItemData("latitude", "纬度", DataType.B, required=True, description="WGS-84，度"),
            ItemData("routes", "途经线路数", DataType.I),
            ItemData("opened_on", "启用日期", _DAY),
        ),
    ),
    # Cataloged and still without data: for a newcomer's own first file, in the columns of the public village list.
    "villages": EntryData(
        title="村级行政区划代码",
        abstract="村（居）委会的统计用区划代码与名称，及其所属乡镇、区县、地市和省份的代码。尚未归集数据，可用于试交文件。",
        provider="civil",
        share_type=ShareType.UNCONDITIONAL,
        open_type=OpenType.UNCONDITIONAL,
        update_cycle=UpdateCycle.ANNUAL,
        theme="地理空间",
        business_name="区划管理",
        source_system="区划地名系统",
        keywords="区划 代码 村 社区",
        share_period="长期",
        items=(
            ItemData("code", "区划代码", DataType.C, 12, True, True),
            ItemData("name", "名称", DataType.C, 100, True),
            ItemData("streetCode", "乡镇街道代码", DataType.C, 9, True),
            ItemData("provinceCode", "省份代码", DataType.C, 2, True),
            ItemData("cityCode", "地市代码", DataType.C, 4, True),
            ItemData("areaCode", "区县代码", DataType.C, 6, True),
        ),
    ),
}

# Who compiles, and which other person reviews (xian-12: named compilers and reviewers).
COMPILERS = {
    "population": "chen",
    "companies": "wang",
    "permits": "wang",
    "stops": "liu",
    "villages": "pan",
    "travel": "liu",
}
CENTER_REVIEWER = "zhao"
REVIEWERS = {
    "population": "he",
    "companies": "sun",
    "permits": "sun",
    "stops": "tang",
    "villages": "meng",
    "travel": "tang",
}

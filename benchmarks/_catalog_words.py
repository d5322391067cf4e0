"""Word lists of the catalog benchmark, and the entries made of them; the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterator

from gongshu.catalog.search.record import Record

ITEMS = 10  # of an entry


def _words(text: str) -> list[str]:
    return text.split()


PLACES = _words("""
    滨江区 东湖区 云岭县 青石县 临港新区 高新区 清河镇 柳溪镇 白沙镇 桃源乡 北山街道 南桥街道
    西城街道 平安社区 和平社区 长堤社区 金沙湾 双龙湖 凤凰山 望江门 老城厢 新港口 大学城 科创园
""")
UNITS = _words("""
    发展和改革委员会 教育局 科学技术局 工业和信息化局 公安局 民政局 司法局 财政局
    人力资源和社会保障局 自然资源和规划局 生态环境局 住房和城乡建设局 交通运输局 水务局 农业农村局
    商务局 文化和旅游局 卫生健康委员会 应急管理局 审计局 市场监督管理局 统计局 医疗保障局 城市管理局
    气象局 税务局 档案馆
""")
SUBJECTS = _words("""
    公交站点 公交线路 道路停车泊位 出租汽车驾驶员 客运班线 桥梁检测 交通流量 企业登记 个体工商户
    食品经营许可 药品零售企业 特种设备 产品抽检 行政处罚 行政许可 信用评价 养老机构 福利机构
    低保对象 残疾人补贴 婚姻登记 社会组织 幼儿园 义务教育学校 教师资格 学生资助 医疗机构 执业医师
    疫苗接种 传染病监测 定点医院 医保药品目录 社保缴费 失业登记 招聘岗位 职业技能培训 劳动仲裁
    住房公积金 保障性住房 商品房预售 不动产登记 建筑工地 施工许可 供水管网 供水水质 污水处理
    燃气管道 供热用户 路灯 公共厕所 生活垃圾清运 园林绿地 古树名木 空气质量 水环境监测 噪声监测
    排污许可 危险废物 河道水位 水库蓄水 降雨量 气象预警 地质灾害点 森林防火 农产品价格 种植面积
    畜禽养殖 农机补贴 耕地保护 土地出让 矿业权 规划许可 财政预算 政府采购 税收征管 审计整改
    统计年鉴 人口普查 户籍人口 流动人口 出入境证件 机动车登记 驾驶证 交通违法 火灾隐患 安全生产检查
    应急避难场所 应急物资 旅游景区 文物保护单位 图书馆藏书 体育场馆 文化活动 科技项目 高新技术企业
    专利授权 电子商务企业 进出口企业 加油站 农贸市场
""")
KINDS = _words("""
    信息 基本信息 名录 明细 统计 台账 监测数据 年度汇总 变更记录 核查结果 分布 登记表 目录 情况
""")
ITEM_HEADS = _words("""
    企业 机构 单位 人员 项目 设备 车辆 站点 线路 场所 许可证 合同 学校 医院 药品 产品 土地
    房屋 管道 水源 排口 样品 事件 案件 处罚 补贴 家庭 儿童 老人 教师 医师 驾驶员 法定代表人
    联系人 负责人 申请人 监护人 检测 监测 登记 审批 发证 注销 年检 经营 注册 通信
""")
ITEM_TAILS = _words("""
    名称 编码 代码 类型 状态 日期 时间 地址 电话 数量 金额 面积 等级 结果 机关 原因 备注
    经度 纬度 证件号码 姓名 性别 编号 范围 依据 单位 比例 次数 年度 有效期
""")
THEMES = _words("""
    交通运输 市场监管 社会救助 教育文化 医疗卫生 社保就业 城建住房 生态环境 资源能源 工业农业
    公共安全
""")
CYCLES = _words("""
    DAILY WEEKLY MONTHLY QUARTERLY ANNUAL IRREGULAR
""")
PARTS = ["", "", "", *_words("新增 历史 重点 全市 季度 月度 现状 在营 注销")]
ITEM_TITLES = [head + tail for head in ITEM_HEADS for tail in ITEM_TAILS]


def records(n: int) -> Iterator[Record]:
    """``n`` entries, the same on every machine."""
    dice = random.Random(20260301)
    for pk in range(1, n + 1):
        place, unit, subject = dice.choice(PLACES), dice.choice(UNITS), dice.choice(SUBJECTS)
        part, kind = dice.choice(PARTS), dice.choice(KINDS)
        titles = dice.sample(ITEM_TITLES, ITEMS)
        yield Record(
            pk=pk,
            code=f"333{dice.randrange(60):03d}-{pk:06d}",
            title=f"{place}{part}{subject}{kind}",
            abstract=f"{place}{unit}在履行职责中形成的{subject}{kind}，含{titles[0]}、{titles[1]}等，"
            f"供{dice.choice(SUBJECTS)}工作使用。",
            provider_name=f"江临市{unit}",
            keywords=f"{subject} {dice.choice(SUBJECTS)}",
            theme=(theme := dice.choice(THEMES)),
            items=tuple((f"f{position}", title) for position, title in enumerate(titles)),
            facets={
                "theme": theme,
                "provider": f"unit{UNITS.index(unit)}",
                "status": "published" if dice.random() < 0.9 else "draft",
                "share": dice.choice(("UNCONDITIONAL", "CONDITIONAL", "PROHIBITED")),
                "cycle": dice.choice(CYCLES),
            },
            updated=dice.randrange(1_700_000_000, 1_780_000_000),
        )


def questions(n: int) -> list[tuple[str, ...]]:
    """One to four words: subjects, places, items, units, kinds."""
    dice = random.Random(7)
    lists = (SUBJECTS, PLACES, ITEM_TITLES, UNITS, KINDS)
    return [tuple(dice.choice(dice.choice(lists)) for _ in range(1 + turn % 4)) for turn in range(n)]

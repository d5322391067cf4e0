"""The icon of each of the 21 themes (数据领域); a theme of a city's own gets the general one."""

from __future__ import annotations

ICONS: dict[str, str] = {
    "信用服务": "rosette-discount-check",
    "医疗卫生": "heartbeat",
    "社保就业": "users",
    "公共安全": "shield-check",
    "城建住房": "building",
    "交通运输": "bus",
    "教育文化": "school",
    "科技创新": "activity",
    "资源能源": "flame",
    "生态环境": "leaf",
    "工业农业": "adjustments",
    "商贸流通": "shopping-cart",
    "财税金融": "coin",
    "安全生产": "alert-triangle",
    "市场监管": "scale",
    "社会救助": "message-report",
    "法律服务": "gavel",
    "生活服务": "home",
    "气象服务": "cloud-rain",
    "地理空间": "map-pin",
    "机构团体": "sitemap",
}


def icon_of(theme: str) -> str:
    return ICONS.get(theme, "category")

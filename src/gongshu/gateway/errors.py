"""Every way in which the gateway says no: one table of code, HTTP status and sentence.

The reference in ``docs/reference`` is generated from ``TABLE``. No answer ever quotes the request or a stored
value: ``where`` points into the request by position (``fields[2]``) or by a name that we gave.
"""

from __future__ import annotations

from typing import NamedTuple

from gongshu.errors import Text


class Entry(NamedTuple):
    status: int
    text: Text


def _entry(status: int, zh: str, en: str) -> Entry:
    return Entry(status, Text(zh, en))


TABLE: dict[str, Entry] = {
    # Who calls
    "header_missing": _entry(
        401,
        "缺少签名所需的请求头，请按接口说明补齐 X-Gongshu-* 各项。",
        "A header of the signature is missing; send every X-Gongshu-* header of the description.",
    ),
    "header_duplicate": _entry(
        400,
        "同一请求头（签名、Host、Content-Length 等）出现多次，请只发送一次。",
        "A header that may come once (of the signature, Host, Content-Length) was sent more than once; send it once.",
    ),
    "header_malformed": _entry(
        400,
        "签名请求头格式不正确，请检查长度和字符。",
        "A header of the signature is not well formed; check its length and characters.",
    ),
    "algorithm_unknown": _entry(
        401,
        "签名算法与登记的不一致，请使用登记时选定的 HMAC-SM3 或 HMAC-SHA256。",
        "The signature algorithm is not the one registered; use the HMAC-SM3 or HMAC-SHA256 chosen then.",
    ),
    "client_unknown": _entry(
        401,
        "没有登记这个应用系统，请核对应用编号。",
        "No such client is registered; check the client id.",
    ),
    "client_inactive": _entry(
        403,
        "这个应用系统已被停用，请联系本单位管理员。",
        "This client has been stopped; ask your organisation's administrator.",
    ),
    "signature_invalid": _entry(
        401,
        "签名不正确，请核对密钥和待签内容。",
        "The signature is wrong; check the secret and the string to sign.",
    ),
    "timestamp_out_of_window": _entry(
        401,
        "时间戳与服务器相差超过五分钟，请校准时钟后重新签名。",
        "The timestamp is more than five minutes away from our clock; set your clock and sign again.",
    ),
    "nonce_replayed": _entry(
        401,
        "这个随机数已经用过，请为每次请求生成新的随机数。",
        "This nonce has been used; make a new one for each request.",
    ),
    # What the grant allows
    "grant_unknown": _entry(
        403,
        "贵单位对该资源没有这项授权，请核对授权编号。",
        "Your organisation has no such grant for this resource; check the grant's number.",
    ),
    "grant_revoked": _entry(
        403,
        "该授权已被撤销，如仍需使用请重新申请。",
        "This grant has been revoked; apply again if you still need it.",
    ),
    "grant_expired": _entry(
        403,
        "该授权已到期，请申请延期或重新申请。",
        "This grant has ended; apply for an extension or a new one.",
    ),
    "grant_not_yet_valid": _entry(
        403,
        "该授权尚未生效，请在起始日期之后调用。",
        "This grant is not in force yet; call from its first day on.",
    ),
    "mode_not_granted": _entry(
        403,
        "该授权不包含这种提供方式。",
        "The grant does not include this way of reading.",
    ),
    "listing_not_granted": _entry(
        403,
        "该授权只能按主键查询，请在请求中给出主键。",
        "The grant allows reading by key only; give the key in the request.",
    ),
    "changes_not_granted": _entry(
        403,
        "只有可浏览或可批量读取的授权才能订阅变更。",
        "Changes are told under grants that allow listing or files.",
    ),
    "purpose_mismatch": _entry(
        403,
        "使用目的与授权不一致，请填写授权所载的目的。",
        "The purpose is not the one granted; state the purpose that the grant names.",
    ),
    "outside_hours": _entry(
        403,
        "不在授权约定的时段内，请在约定时段调用。",
        "This is outside the hours that the grant names; call within them.",
    ),
    "item_not_granted": _entry(
        403,
        "所请求的数据项不在授权范围内。",
        "An item asked for is outside the grant.",
    ),
    "filter_not_granted": _entry(
        403,
        "只能按授权范围内且未脱敏的数据项筛选。",
        "Filter only by items that are granted to you unmasked.",
    ),
    # What was asked for
    "item_unknown": _entry(
        400,
        "该资源没有所请求的数据项，请查看接口说明。",
        "The resource has no such item; see the interface's description.",
    ),
    "key_incomplete": _entry(
        400,
        "主键不完整或多出字段，请按接口说明给出全部主键。",
        "The key is incomplete or has a field too many; give all key items of the description.",
    ),
    "cursor_invalid": _entry(
        400,
        "游标无效，请从第一页重新开始。",
        "The cursor is not valid; begin again with the first page.",
    ),
    "cursor_outdated": _entry(
        409,
        "数据已有新版本，请从第一页重新开始。",
        "The data have a new version since; begin again with the first page.",
    ),
    "record_not_found": _entry(
        404,
        "授权范围内没有符合主键的记录。",
        "Within the grant there is no record with this key.",
    ),
    "resource_not_served": _entry(
        404,
        "该资源目前没有可供读取的版本。",
        "This resource has no version that can be read at present.",
    ),
    "changes_not_offered": _entry(
        404,
        "该资源没有主键，不能订阅变更。",
        "This resource has no key, so its changes cannot be told.",
    ),
    "format_unknown": _entry(
        400,
        "文件格式须为 csv、json 或 xlsx。",
        "The format must be csv, json or xlsx.",
    ),
    "sheet_full": _entry(
        409,
        "数据超出一个 Excel 工作表的容量（1,048,575 行，每格 32,767 个字符），没有生成 XLSX。请取 csv 或 json。",
        "These data are more than a sheet of Excel holds (1,048,575 rows, 32,767 characters in a cell); no XLSX was made. "
        "Take csv or json.",
    ),
    "parameter_invalid": _entry(
        400,
        "网址参数未知或重复，请对照接口说明。",
        "A query parameter is unknown or given twice; see the interface's description.",
    ),
    # How it was asked
    "body_malformed": _entry(
        400,
        "请求内容不是所要求的 JSON，请对照接口说明检查字段和类型。",
        "The body is not the JSON that is asked for; check fields and types against the description.",
    ),
    "body_late": _entry(
        408,
        "请求内容未在十五秒内送达，请检查网络后重试。",
        "The body did not arrive within fifteen seconds; check the network and try again.",
    ),
    "body_too_large": _entry(
        413,
        "请求内容超过 64 KiB 上限。",
        "The body is larger than 64 KiB.",
    ),
    "request_malformed": _entry(
        400,
        "请求不是规范的 HTTP/1.1 报文，请检查请求行和请求头。",
        "The request is not well-formed HTTP/1.1; check the request line and the headers.",
    ),
    "head_too_large": _entry(
        431,
        "请求头超过 16 KiB 上限。",
        "The headers are larger than 16 KiB.",
    ),
    "length_required": _entry(
        411,
        "请用 Content-Length 给出请求内容的长度，不支持 Transfer-Encoding。",
        "Give the length of the body as Content-Length; Transfer-Encoding is not supported.",
    ),
    "path_unknown": _entry(404, "没有这个地址。", "There is no such address."),
    "method_not_allowed": _entry(
        405,
        "该地址不支持这种请求方法。",
        "This address does not take this method.",
    ),
    # How often
    "rate_exceeded": _entry(
        429,
        "调用过于频繁，请在 Retry-After 所示秒数后再试。",
        "Too many calls; try again after the seconds that Retry-After gives.",
    ),
    "enumeration_suspected": _entry(
        429,
        "调用方式疑似逐个试探，已限速并通知数据主管部门；如属正常业务，请联系本单位管理员说明。",
        "These calls look like trying one after the other; they are slowed down and the authority is told. "
        "If this is your ordinary work, ask your administrator to explain it.",
    ),
    "client_locked": _entry(
        429,
        "越权调用过多，该应用系统已被暂时锁定，请在 Retry-After 所示秒数后再试。",
        "Too many calls outside the grant; this client is locked for the seconds that Retry-After gives.",
    ),
    "quota_exceeded": _entry(
        429,
        "今日调用次数已达授权上限，请明日再试。",
        "Today's number of calls under this grant is used up; try again tomorrow.",
    ),
    "overloaded": _entry(
        503,
        "网关正忙，请稍后再试。",
        "The gateway is busy; try again shortly.",
    ),
    # What is wrong with us
    "ledger_unavailable": _entry(
        503,
        "账本暂时无法写入，未提供任何数据，请稍后再试。",
        "The ledger cannot be written at the moment; no data were given. Try again later.",
    ),
    "control_unavailable": _entry(
        503,
        "网关与管理端失联已超过约定时限，暂停服务。",
        "The gateway has not heard from the control plane for longer than its lease; it has paused.",
    ),
    "storage_unavailable": _entry(
        503,
        "网关的存储暂时不可用，未提供任何数据，请稍后再试。",
        "The gateway's storage is not available at the moment; no data were given. Try again later.",
    ),
    "fault": _entry(
        500,
        "网关内部错误，未提供任何数据。请将请求编号告知管理员。",
        "A fault of the gateway; no data were given. Tell the administrator the request id.",
    ),
}


class Refusal(Exception):
    """The call is refused.

    ``code`` is a key of ``TABLE``; ``retry_after`` seconds go with rate and overload.
    """

    def __init__(self, code: str, where: str = "", retry_after: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.where = where
        self.retry_after = retry_after


def body(code: str, request_id: str, where: str = "") -> dict[str, dict[str, str]]:
    """The JSON that carries a refusal."""
    text = TABLE[code].text
    error = {"code": code, "zh": text.zh, "en": text.en, "request_id": request_id}
    if where:
        error["where"] = where
    return {"error": error}


def by_status() -> dict[int, list[str]]:
    """The codes of each HTTP status, for descriptions of interfaces."""
    found: dict[int, list[str]] = {}
    for code, entry in TABLE.items():
        found.setdefault(entry.status, []).append(code)
    return found

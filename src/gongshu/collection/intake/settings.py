"""What must be known to reach a source, typed by its kind. Secrets are kept apart and never among the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from gongshu.collection.states import Mode, SourceKind
from gongshu.errors import GongshuError, Text

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "is_null", "not_null"]


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition on the rows to read: ``column`` of the source, ``op``, ``value`` (several for ``in``)."""

    column: str
    op: Operator
    value: str | int | float | list[str | int | float] | None = None


class Database(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table or view of a database.

    ``columns`` maps items to columns where their names differ. ``watermark`` is the column that grows with every
    change (a moment or a number); each run reads again what lies ``overlap`` (seconds, or units of the number) before
    the last one, for what was committed late. ``driver`` names SQLAlchemy's dialect where the kind does not.
    """

    database: str
    table: str
    host: str = ""
    port: int = 0
    user: str = ""
    schema: str = ""
    columns: dict[str, str] = {}
    where: list[Condition] = []
    watermark: str = ""
    overlap: int = 0
    tls: Literal["off", "on", "verify"] = "on"
    driver: str = ""

    @property
    def address(self) -> str:
        """Host and table in one line, for people."""
        place = ".".join(part for part in (self.schema, self.table) if part)
        return f"{self.host}:{self.port}/{self.database} · {place}" if self.host else f"{self.database} · {place}"


class Exchange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder of an exchange node, looked at every ``every`` seconds; by SFTP when there is a host.

    ``host_key`` is the fingerprint of the server's key, ``SHA256:…`` as ``ssh-keygen -lf`` prints it.
    """

    folder: str
    every: int = 60
    host: str = ""
    port: int = 22
    user: str = ""
    host_key: str = ""


class Stream(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages of an MQTT broker: JSON objects, or arrays of them.

    ``columns`` maps items to members (``a.b``; ``$topic`` is the topic). A version is made after ``rows`` messages or
    ``seconds``, whichever comes first. ``client`` names the session that the broker keeps.
    """

    host: str
    topic: str
    port: int = 1883
    user: str = ""
    client: str = ""
    columns: dict[str, str] = {}
    rows: int = 10_000
    seconds: int = 60
    tls: Literal["off", "on", "verify"] = "on"


class Api(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An HTTP interface that answers JSON.

    ``records`` is where the list of records stands in an answer (``data.list``; empty: the answer itself), ``total``
    where their number stands, if it does. ``columns`` maps items to members of a record.

    ``paging``: ``none``; ``page`` (``page_param`` counts from ``first``); ``offset`` (``page_param`` is the number of
    records to skip); ``cursor`` (the next cursor stands at ``cursor`` and goes into ``page_param``); ``link`` (the
    ``Link`` header's ``next``, RFC 8288). ``size`` records are asked for at a time, in ``size_param``.

    ``auth``: ``none``, ``basic`` (``user`` and the secret), ``bearer``, ``header`` (the secret in ``auth_header``),
    ``HMAC-SM3``, ``HMAC-SHA256`` (signed as Gongshu's own gateway asks, ``user`` is the client's id).

    ``watermark`` is the member that grows with every change; ``since_param`` carries the last one.
    """

    url: str
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str] = {}
    headers: dict[str, str] = {}
    records: str = ""
    total: str = ""
    columns: dict[str, str] = {}
    paging: Literal["none", "page", "offset", "cursor", "link"] = "none"
    page_param: str = "page"
    first: int = 1
    cursor: str = ""
    size_param: str = ""
    size: int = 100
    auth: Literal["none", "basic", "bearer", "header", "HMAC-SM3", "HMAC-SHA256"] = "none"
    auth_header: str = ""
    user: str = ""
    watermark: str = ""
    since_param: str = ""


Settings = Database | Exchange | Stream | Api


@dataclass(frozen=True)
class Field:
    """One field of a kind's form. ``secret`` ones are wrapped and never shown."""

    name: str
    label: Text
    help: Text | None = None
    kind: Literal["text", "number", "choice", "area", "password"] = "text"
    choices: tuple[tuple[str, Text], ...] = ()
    required: bool = False
    default: str = ""

    @property
    def secret(self) -> bool:
        return self.kind == "password"


_TLS = (
    ("on", Text("加密", "encrypted")),
    ("verify", Text("加密并校验证书", "encrypted, certificate checked")),
    ("off", Text("不加密", "not encrypted")),
)
_PLACE = (
    Field("host", Text("主机", "Host"), Text("须经平台运维声明", "declared by the operator"), required=True),
    Field("port", Text("端口", "Port"), kind="number"),
    Field("database", Text("数据库", "Database"), required=True),
    Field("user", Text("用户", "User"), Text("只读账号即可", "one that may read is enough"), required=True),
    Field("password", Text("密码", "Password"), Text("加密保存，不再显示", "kept encrypted, never shown"), "password"),
    Field("tls", Text("传输加密", "Encryption"), kind="choice", choices=_TLS, default="on"),
)
_TABLE = (
    Field("schema", Text("模式", "Schema"), Text("可空", "may be empty")),
    Field("table", Text("表或视图", "Table or view"), required=True),
    Field(
        "columns",
        Text("列对应", "Columns"),
        Text("每行一项：数据项=列名；名称相同的不必填", "one in a line: item=column; equal names need none"),
        "area",
    ),
    Field(
        "where",
        Text("读取条件", "Conditions"),
        Text(
            "每行一条：列名 运算 值，例如 status = 1；运算为 = != < <= > >= in is_null not_null",
            "one in a line: column operator value, e.g. status = 1; = != < <= > >= in is_null not_null",
        ),
        "area",
    ),
    Field(
        "watermark",
        Text("水位列", "Watermark"),
        Text("增量时填写：随每次修改增大的时间或编号列", "for increments: the column that grows with every change"),
    ),
    Field(
        "overlap",
        Text("重读范围", "Overlap"),
        Text("秒数（编号列为个数），用于迟到的提交", "seconds (or units of a number), for late commits"),
        "number",
    ),
)


@dataclass(frozen=True)
class Form:
    """What a kind asks for, and the modes it knows."""

    type: type[Any]
    fields: tuple[Field, ...]
    modes: tuple[Mode, ...]
    port: int = 0

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields if field.secret)


_DROP = (
    Field(
        "folder",
        Text("目录", "Folder"),
        Text("文件和交接清单所在的目录", "where files and manifests lie"),
        required=True,
    ),
    Field("every", Text("查看间隔（秒）", "Look every (seconds)"), kind="number", default="60"),
)
_SFTP = (
    Field("host", Text("主机", "Host"), Text("须经平台运维声明", "declared by the operator"), required=True),
    Field("port", Text("端口", "Port"), kind="number", default="22"),
    Field("user", Text("用户", "User"), required=True),
    Field(
        "host_key",
        Text("主机密钥指纹", "Fingerprint of the host key"),
        Text("SHA256:…，向对方运维索取", "SHA256:…, ask the operator of the node"),
        required=True,
    ),
    Field("password", Text("密码", "Password"), Text("与私钥二选一", "or a private key"), "password"),
    Field(
        "private_key", Text("私钥", "Private key"), Text("OpenSSH 格式，无口令", "OpenSSH, no passphrase"), "password"
    ),
)
_MEMBERS = Field(
    "columns",
    Text("成员对应", "Members"),
    Text(
        "每行一项：数据项=JSON 成员，可用 a.b；名称相同的不必填",
        "one in a line: item=member, as a.b; equal names need none",
    ),
    "area",
)
_STREAM = (
    Field("host", Text("主机", "Host"), Text("须经平台运维声明", "declared by the operator"), required=True),
    Field("port", Text("端口", "Port"), kind="number"),
    Field("topic", Text("主题", "Topic"), Text("可用 + 和 # 通配", "may hold + and #"), required=True),
    Field("user", Text("用户", "User")),
    Field("password", Text("密码", "Password"), Text("加密保存，不再显示", "kept encrypted, never shown"), "password"),
    Field("tls", Text("传输加密", "Encryption"), kind="choice", choices=_TLS, default="on"),
    Field(
        "client", Text("会话名称", "Session"), Text("可空；消息服务器以此保留会话", "may be empty; the broker keeps it")
    ),
    _MEMBERS,
    Field("rows", Text("每批行数", "Rows of a version"), kind="number", default="10000"),
    Field("seconds", Text("每批秒数", "Seconds of a version"), kind="number", default="60"),
)


def _words(*values: str) -> tuple[tuple[str, Text], ...]:
    return tuple((value, Text(value, value)) for value in values)


_API = (
    Field(
        "url", Text("地址", "Address"), Text("http:// 或 https://，主机须经声明", "its host is declared"), required=True
    ),
    Field("method", Text("方法", "Method"), kind="choice", choices=_words("GET", "POST"), default="GET"),
    Field("params", Text("参数", "Parameters"), Text("每行一项：名称=值", "one in a line: name=value"), "area"),
    Field("headers", Text("请求头", "Headers"), Text("每行一项：名称=值；不放密钥", "name=value; no secret"), "area"),
    Field("records", Text("记录所在成员", "Records at"), Text("例如 data.list；可空", "e.g. data.list; may be empty")),
    Field("total", Text("总数所在成员", "Total at"), Text("可空；有则核对", "may be empty; checked when given")),
    _MEMBERS,
    Field(
        "paging",
        Text("分页", "Paging"),
        kind="choice",
        choices=(
            ("none", Text("不分页", "none")),
            ("page", Text("页码", "page number")),
            ("offset", Text("偏移", "offset")),
            ("cursor", Text("游标", "cursor")),
            ("link", Text("Link 响应头", "Link header")),
        ),
        default="none",
    ),
    Field("page_param", Text("分页参数", "Paging parameter"), default="page"),
    Field("first", Text("首页页码", "First page"), kind="number", default="1"),
    Field("cursor", Text("游标所在成员", "Cursor at")),
    Field("size_param", Text("每页条数参数", "Page size parameter")),
    Field("size", Text("每页条数", "Page size"), kind="number", default="100"),
    Field(
        "auth",
        Text("认证", "Authentication"),
        kind="choice",
        choices=_words("none", "basic", "bearer", "header", "HMAC-SM3", "HMAC-SHA256"),
        default="none",
    ),
    Field("auth_header", Text("认证请求头", "Header of the secret")),
    Field("user", Text("用户或应用编号", "User or client id")),
    Field(
        "secret",
        Text("密钥或令牌", "Secret or token"),
        Text("加密保存，不再显示", "kept encrypted, never shown"),
        "password",
    ),
    Field("watermark", Text("水位成员", "Watermark"), Text("增量时填写", "for increments")),
    Field(
        "since_param", Text("增量参数", "Parameter of increments"), Text("携带上次水位", "carries the last watermark")
    ),
)
_ALL = (Mode.FULL, Mode.INCREMENTAL, Mode.UPSERT)
FORMS: Mapping[SourceKind, Form] = {
    SourceKind.POSTGRESQL: Form(Database, (*_PLACE, *_TABLE), _ALL, 5432),
    SourceKind.MYSQL: Form(Database, (*_PLACE, *_TABLE), _ALL, 3306),
    SourceKind.SQL: Form(
        Database,
        (
            Field(
                "driver",
                Text("驱动", "Driver"),
                Text("SQLAlchemy 方言，例如 sqlite、oracle+oracledb", "a SQLAlchemy dialect: sqlite, oracle+oracledb"),
                required=True,
            ),
            *(one for one in _PLACE if one.name in {"port", "database", "password"}),
            Field("host", Text("主机", "Host"), Text("文件数据库不填", "none for a database in a file")),
            Field("user", Text("用户", "User")),
            *_TABLE,
        ),
        _ALL,
    ),
    SourceKind.FOLDER: Form(Exchange, _DROP, (Mode.FULL, Mode.UPSERT)),
    SourceKind.SFTP: Form(Exchange, (*_SFTP, *_DROP), (Mode.FULL, Mode.UPSERT), 22),
    SourceKind.MQTT: Form(Stream, _STREAM, (Mode.UPSERT,), 1883),
    SourceKind.HTTP: Form(Api, _API, _ALL),
}


def parse(kind: SourceKind, given: Mapping[str, Any]) -> Settings:
    """The settings in ``given`` (JSON or a form's texts). Raises GongshuError naming the field."""
    form = FORMS[kind]
    plain: dict[str, Any] = {}
    for field in form.fields:
        value = given.get(field.name)
        if isinstance(value, str):
            value = value.strip()
            if "\0" in value or len(value) > 4000:
                raise _wrong(field, Text("内容不合法", "is not acceptable"))
        if value in (None, "", [], {}) and not field.secret:
            if field.required:
                raise _wrong(field, Text("必填", "is needed"))
            continue
        if field.secret:
            continue
        plain[field.name] = _READ[field.name](field, value) if field.name in _READ else _typed(field, value)
    unknown = set(given) - {field.name for field in form.fields}
    if unknown:
        name = sorted(unknown)[0][:40]
        raise GongshuError(
            "source.setting_unknown", f"没有设置项“{name}”。", f"There is no setting “{name}”.", field=name
        )
    if form.port and not plain.get("port"):
        plain["port"] = form.port
    try:
        found: Settings = msgspec.convert(plain, form.type)
        return found
    except msgspec.ValidationError as error:
        raise GongshuError(
            "source.setting_wrong", f"设置有误：{error}。请更正。", f"The settings are wrong: {error}. Mend them."
        ) from error


def load(kind: SourceKind, kept: Mapping[str, Any]) -> Settings:
    """The settings as :func:`as_json` gave them."""
    found: Settings = msgspec.convert(dict(kept), FORMS[kind].type)
    return found


def as_json(settings: Settings) -> dict[str, Any]:
    """The settings as they are kept and shown; there is no secret among them."""
    plain: dict[str, Any] = msgspec.to_builtins(settings)
    return plain


def as_texts(kind: SourceKind, settings: Mapping[str, Any]) -> dict[str, str]:
    """The settings as a form's fields show them."""
    texts = {}
    for field in FORMS[kind].fields:
        value = settings.get(field.name)
        if field.name == "columns":
            value = "\n".join(f"{item}={column}" for item, column in (value or {}).items())
        elif field.name == "where":
            value = "\n".join(_condition_text(one) for one in value or [])
        elif isinstance(value, dict):
            value = "\n".join(f"{one}={other}" for one, other in value.items())
        elif isinstance(value, list):
            value = "\n".join(map(str, value))
        texts[field.name] = "" if value is None or field.secret else str(value)
    return texts


def _typed(field: Field, value: Any) -> Any:
    if field.kind == "number" and isinstance(value, str):
        if not (value.isascii() and value.isdecimal() and len(value) < 12):
            raise _wrong(field, Text("须为非负整数", "is a whole number"))
        return int(value)
    if field.kind == "choice" and value not in dict(field.choices):
        raise _wrong(field, Text("不在可选范围内", "is none of the choices"))
    return value


def pairs(field: Field, value: Any) -> dict[str, str]:
    """``a=b`` in lines."""
    if isinstance(value, Mapping):
        return {str(one): str(other) for one, other in value.items()}
    found = {}
    for line in str(value).splitlines():
        name, equals, other = line.partition("=")
        if not line.strip():
            continue
        if not equals or not name.strip() or not other.strip():
            raise _wrong(field, Text("每行须为“名称=值”", "has name=value in each line"))
        found[name.strip()] = other.strip()
    return found


def _conditions(field: Field, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, str):
        return list(value)
    found = []
    for line in value.splitlines():
        words = line.split(None, 2)
        if not words:
            continue
        if len(words) < 2 or words[1] not in Operator.__args__:  # type: ignore[attr-defined]
            raise _wrong(field, Text("每行须为“列名 运算 值”", "has column, operator, value in each line"))
        column, op = words[0], words[1]
        rest = words[2].strip() if len(words) == 3 else None
        if (rest is None) != (op in {"is_null", "not_null"}):
            raise _wrong(field, Text("运算与值不符", "has a value for an operator that takes none, or the reverse"))
        held: Any = [one.strip() for one in rest.split(",")] if op == "in" and rest else rest
        found.append({"column": column, "op": op, "value": held})
    return found


def _condition_text(one: Mapping[str, Any]) -> str:
    value = one.get("value")
    said = ",".join(map(str, value)) if isinstance(value, list) else value
    return " ".join(str(part) for part in (one["column"], one["op"], said) if part is not None)


_READ: Mapping[str, Any] = {"columns": pairs, "params": pairs, "headers": pairs, "where": _conditions}


def _wrong(field: Field, why: Text) -> GongshuError:
    return GongshuError(
        "source.setting_wrong",
        f"“{field.label.zh}”{why.zh}。请更正后重试。",
        f"“{field.label.en}” {why.en}. Mend it and try again.",
        field=field.name,
    )

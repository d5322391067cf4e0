"""One reading connection to a database, whatever its kind: ask a question, stream rows as columns of texts.

PostgreSQL answers by COPY (its CSV is decoded by Arrow), MySQL and MariaDB by an unbuffered cursor whose texts are not
decoded into Python values, everything else by SQLAlchemy with a server-side cursor. Statements are built by SQLAlchemy
from reflected columns, so that names are quoted and values bound; nobody's text becomes SQL.

All that a run reads lies in one transaction that sees one state of the source (repeatable read).
"""

from __future__ import annotations

import datetime as dt
import io
import ssl
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, cast

import pyarrow as pa
import pyarrow.csv as pc
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.pool import NullPool

from gongshu.collection.intake import reach
from gongshu.collection.intake.settings import Database
from gongshu.collection.states import SourceKind
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import Home

BATCH = 65_536
CONNECT_SECONDS = 15
_BLOCK = 4 << 20
_ZONE = "Asia/Shanghai"


class Link(ABC):
    """An open connection; use as a context manager. Faults of the other side are raised as EnvironmentFault."""

    dialect: Dialect

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def ask(self, statement: sa.Select[Any]) -> Sequence[Any]:
        """The one row that ``statement`` answers."""

    @abstractmethod
    def stream(self, statement: sa.Select[Any], width: int) -> Iterator[list[pa.StringArray]]:
        """The rows of ``statement`` as ``width`` columns of texts, a batch at a time."""

    @abstractmethod
    def close(self) -> None: ...

    def _compiled(self, statement: sa.Select[Any]) -> tuple[str, dict[str, Any]]:
        compiled = statement.compile(dialect=self.dialect, compile_kwargs={"render_postcompile": True})
        return str(compiled), dict(compiled.params)


def check(home: Home, kind: SourceKind, settings: Database) -> None:
    """Raises GongshuError when the operator did not declare where the database lies."""
    if kind is SourceKind.SQL and settings.driver.partition("+")[0] == "sqlite":
        reach.check_folder(home.sources, settings.database)
    else:
        reach.check_host(home.sources, settings.host, settings.port)


def engine(kind: SourceKind, settings: Database, password: str) -> sa.Engine:
    """SQLAlchemy's engine, for looking at tables; every connection is closed after use."""
    names = {SourceKind.POSTGRESQL: "postgresql+psycopg", SourceKind.MYSQL: "mysql+pymysql"}
    try:
        url = sa.URL.create(
            names.get(kind, settings.driver),
            username=settings.user or None,
            password=password or None if settings.host else None,  # a database in a file has none
            host=settings.host or None,
            port=settings.port or None,
            database=settings.database,
        )
        return sa.create_engine(url, poolclass=NullPool, connect_args=_arguments(kind, settings))
    except (ImportError, sa.exc.ArgumentError) as error:  # NoSuchModuleError is an ArgumentError
        raise GongshuError(
            "source.driver_missing",
            f"未安装数据库驱动“{settings.driver}”。请由平台运维安装后重试。",
            f"The driver “{settings.driver}” is not installed. Have the operator install it, then try again.",
            field="driver",
        ) from error


def link(kind: SourceKind, settings: Database, password: str) -> Link:
    """Connect for one run."""
    try:
        if kind is SourceKind.POSTGRESQL:
            return _Postgres(settings, password)
        if kind is SourceKind.MYSQL:
            return _MySQL(settings, password)
        return _Other(engine(kind, settings, password))
    except GongshuError:
        raise
    except Exception as error:
        raise fault(error) from error


def fault(error: Exception) -> EnvironmentFault:
    """The other side's refusal in a sentence. Its own words may hold data values, so only their kind is told."""
    plain = getattr(error, "orig", None) or error
    code = getattr(plain, "sqlstate", None) or next((str(a) for a in plain.args[:1] if isinstance(a, int)), "")
    name = " ".join(part for part in (type(plain).__name__, code) if part)
    return EnvironmentFault(
        "source.unreachable",
        f"来源数据库无法读取（{name}）。请核对地址、账号权限和网络后重试。",
        f"The source database cannot be read ({name}). Check address, account, rights and network, then try again.",
    )


def _arguments(kind: SourceKind, settings: Database) -> dict[str, Any]:
    if kind is SourceKind.POSTGRESQL:
        modes = {"off": "disable", "on": "require", "verify": "verify-full"}
        extra = {"sslrootcert": "system"} if settings.tls == "verify" else {}
        return {"connect_timeout": CONNECT_SECONDS, "sslmode": modes[settings.tls], **extra}
    if kind is SourceKind.MYSQL:
        arguments: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4", "local_infile": False}
        if settings.tls == "off":
            return {**arguments, "ssl_disabled": True}
        context = ssl.create_default_context()
        if settings.tls == "on":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return {**arguments, "ssl": context}
    return {}


class _Postgres(Link):
    dialect = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]

    def __init__(self, settings: Database, password: str) -> None:
        import psycopg

        self._connection = psycopg.connect(
            host=settings.host,
            port=settings.port,
            dbname=settings.database,
            user=settings.user,
            password=password or None,
            application_name="gongshu",
            **_arguments(SourceKind.POSTGRESQL, settings),
        )
        try:
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            self._connection.execute(f"SET LOCAL TIME ZONE '{_ZONE}'")
            self._connection.execute("SET LOCAL datestyle = 'ISO, YMD'")
            self._connection.execute("SET LOCAL client_encoding = 'UTF8'")
        except BaseException:
            self._connection.close()
            raise

    def ask(self, statement: sa.Select[Any]) -> Sequence[Any]:
        text, values = self._compiled(statement)
        try:
            row = self._connection.execute(cast("Any", text), values).fetchone()
        except Exception as error:
            raise fault(error) from error
        return row or ()

    def stream(self, statement: sa.Select[Any], width: int) -> Iterator[list[pa.StringArray]]:
        text, values = self._compiled(statement)
        names = [str(place) for place in range(width)]
        try:
            with (
                self._connection.cursor() as cursor,
                cursor.copy(cast("Any", f"COPY ({text}) TO STDOUT (FORMAT csv)"), values) as copy,
            ):
                pipe = _Pipe(iter(copy))
                if pipe.ended:
                    return
                reader = pc.open_csv(
                    pa.PythonFile(pipe, mode="r"),
                    read_options=pc.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names),
                    parse_options=pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                    convert_options=pc.ConvertOptions(
                        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                    ),
                )
                for batch in reader:
                    if batch.num_rows:
                        yield list(batch.columns)
        except (GongshuError, GeneratorExit):
            raise
        except Exception as error:
            raise fault(error) from error

    def close(self) -> None:
        self._connection.close()


class _Pipe(io.RawIOBase):
    """The blocks of a COPY as a file that Arrow reads; memory holds one block."""

    def __init__(self, blocks: Iterator[Any]) -> None:
        self._blocks = blocks
        self._rest = b""
        self._fill()

    @property
    def ended(self) -> bool:
        return not self._rest

    def _fill(self) -> None:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return
            self._rest = bytes(block)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts, missing = [], size if size >= 0 else 1 << 62
        while missing > 0:
            if not self._rest:
                self._fill()
                if not self._rest:
                    break
            part, self._rest = self._rest[:missing], self._rest[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


class _MySQL(Link):
    dialect = mysql.pymysql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]

    def __init__(self, settings: Database, password: str) -> None:
        import pymysql
        from pymysql import converters

        encoders = {kind: convert for kind, convert in converters.conversions.items() if not isinstance(kind, int)}
        self._connection = pymysql.connect(
            host=settings.host,
            port=settings.port,
            user=settings.user,
            password=password,
            database=settings.database,
            conv=encoders,  # values stay the texts that the server sends
            autocommit=True,
            **_arguments(SourceKind.MYSQL, settings),
        )
        self._unbuffered = pymysql.cursors.SSCursor
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SET SESSION time_zone = '+08:00'")
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        except BaseException:
            self._connection.close()
            raise

    def ask(self, statement: sa.Select[Any]) -> Sequence[Any]:
        text, values = self._compiled(statement)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(text, values)
                return cursor.fetchone() or ()
        except Exception as error:
            raise fault(error) from error

    def stream(self, statement: sa.Select[Any], width: int) -> Iterator[list[pa.StringArray]]:
        text, values = self._compiled(statement)
        try:
            with self._connection.cursor(self._unbuffered) as cursor:
                cursor.execute(text, values)
                while rows := cursor.fetchmany(BATCH // 4):
                    yield columns_of(rows, width)
        except (GongshuError, GeneratorExit):
            raise
        except Exception as error:
            raise fault(error) from error

    def close(self) -> None:
        self._connection._force_close()  # an unbuffered answer that nobody wants is not read to its end


class _Other(Link):
    def __init__(self, made: sa.Engine) -> None:
        self._engine = made
        self.dialect = made.dialect
        self._connection = made.connect().execution_options(stream_results=True, max_row_buffer=BATCH // 4)
        if made.dialect.name == "sqlite":
            # One state for the whole run: the driver would begin a transaction only before a write.
            self._connection.exec_driver_sql("BEGIN")

    def ask(self, statement: sa.Select[Any]) -> Sequence[Any]:
        try:
            return tuple(self._connection.execute(statement).one())
        except Exception as error:
            raise fault(error) from error

    def stream(self, statement: sa.Select[Any], width: int) -> Iterator[list[pa.StringArray]]:
        try:
            result = self._connection.execute(statement)
            while rows := result.fetchmany(BATCH // 4):
                yield columns_of(rows, width)
        except (GongshuError, GeneratorExit):
            raise
        except Exception as error:
            raise fault(error) from error

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()


def columns_of(rows: Sequence[Sequence[Any]], width: int) -> list[pa.StringArray]:
    """Rows of values as ``width`` columns of texts."""
    columns = zip(*rows, strict=True)
    found = [pa.array([None if cell is None else text_of(cell) for cell in column], pa.string()) for column in columns]
    if len(found) != width:
        raise AssertionError(f"{width} columns were asked for, {len(found)} came")
    return found


def text_of(value: Any) -> str:
    """A value of a database as the pipeline reads it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)

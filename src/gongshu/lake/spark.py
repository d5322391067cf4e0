"""Spark over the files of the lake: how a session is opened, and how a version becomes a view of it.

For tables that one machine cannot check or compare in time; the answers are those of DuckDB (``lake.dialects``). Needs the
extra ``gongshu[spark]`` and Java 17 or newer. ``GONGSHU_SPARK_MASTER`` names the cluster (default: all cores of this
machine); everything else is Spark's own configuration (``spark-defaults.conf``). Nothing is fetched: files are named one by
one from the Delta log, so no Delta package is needed on the cluster.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from gongshu.errors import EnvironmentFault
from gongshu.lake.dialects import Asked, Spark

_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "Asia/Shanghai",
    "spark.sql.variable.substitute": "false",  # ${…} in a value stays what it is
    "spark.sql.parser.escapedStringLiterals": "false",
}


def master() -> str:
    return os.environ.get("GONGSHU_SPARK_MASTER", "local[*]")


def is_far() -> bool:
    """Whether the work is done on other machines than this one."""
    return not master().startswith("local")


@contextmanager
def session(scratch: Path | None = None) -> Iterator[Any]:
    """A Spark session of our settings; Spark is started for it, unless this process has one running.

    Raises EnvironmentFault that says how to mend: the extra or Java is missing, or Spark does not start or was lost.
    """
    require()
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException, PySparkRuntimeError
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    try:
        root = running or _start(SparkSession.builder, scratch)
        own = root.newSession()
        for key, value in _SETTINGS.items():
            own.conf.set(key, value)
    except (Py4JError, PySparkException, PySparkRuntimeError, OSError) as error:
        raise EnvironmentFault(
            "lake.spark_start",
            f"Spark 未能启动（{master()}）。请确认 Java 为 17 或更高版本，GONGSHU_SPARK_MASTER 可以访问。",
            f"Spark did not start ({master()}). See that Java is 17 or newer and GONGSHU_SPARK_MASTER can be reached.",
        ) from error
    try:
        yield own
    except Py4JError as error:
        raise lost() from error
    finally:
        if running is None:
            root.stop()


def require() -> None:
    """Raise EnvironmentFault that says how to mend when the extra or Java is missing."""
    from importlib.util import find_spec

    if find_spec("pyspark") is None:
        raise EnvironmentFault(
            "lake.spark_missing",
            "未安装 Spark。请运行 pip install 'gongshu[spark]'，或不用 --engine spark。",
            "Spark is not installed. Run pip install 'gongshu[spark]', or leave --engine spark out.",
        )
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise EnvironmentFault(
            "lake.spark_java",
            "没有找到 Java。请安装 Java 17 或更高版本（Debian：apt-get install default-jre-headless），或设置 JAVA_HOME。",
            "There is no Java. Install Java 17 or newer (Debian: apt-get install default-jre-headless), or set JAVA_HOME.",
        )


def _start(builder: Any, scratch: Path | None) -> Any:
    settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
        settings |= {"spark.sql.warehouse.dir": str(scratch / "spark"), "spark.local.dir": str(scratch)}
    if not is_far():
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        settings |= {"spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1))}
    builder = builder.master(master()).appName("gongshu")
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def view(spark: Any, alias: str, files: Sequence[Path], addresses: Sequence[str], schema: pa.Schema) -> None:
    """Make a version readable as ``alias``: from its ``addresses`` when other machines do the work, else its ``files``."""
    places = [_hadoop(one) for one in addresses] if is_far() and addresses else [str(one) for one in files]
    if places:
        frame = spark.read.parquet(*places)
    else:
        from pyspark.sql.pandas.types import from_arrow_schema

        frame = spark.createDataFrame([], from_arrow_schema(schema))
    frame.createOrReplaceTempView(Spark().name(alias))


def _hadoop(address: str) -> str:
    """An address as Hadoop's file systems spell it."""
    return "s3a://" + address.removeprefix("s3://") if address.startswith("s3://") else address.removeprefix("file://")


def register(spark: Any, functions: Iterable[Asked]) -> None:
    """Let the session know the functions that DuckDB answers."""
    from pyspark.sql.pandas.functions import arrow_udf

    for one in functions:
        spark.udf.register(one.name, arrow_udf(_answering(one.sql, one.kind), one.kind))  # type: ignore[call-overload]


def _answering(sql: str, kind: str) -> Any:
    """A function of a batch of values. It is sent to the workers whole, so it imports what it needs there."""
    connections: list[Any] = []

    def answer(values: Any) -> Any:
        import duckdb
        import pyarrow

        if not connections:
            connections.append(duckdb.connect(":memory:"))
            for setting in ("threads=1", "autoinstall_known_extensions=false", "autoload_known_extensions=false"):
                connections[0].execute(f"SET {setting}")
        connections[0].register("batch", pyarrow.table({"v": values}))
        found = connections[0].sql(f"SELECT {sql} AS a FROM batch").to_arrow_table()  # noqa: S608 - in their order
        column = found.column("a").combine_chunks()
        types = {"boolean": pyarrow.bool_(), "string": pyarrow.string(), "date": pyarrow.date32()}
        return column.cast(types.get(kind, pyarrow.decimal128(38, 10)))

    answer.__annotations__ = {"values": pa.Array, "return": pa.Array}
    return answer


def lost() -> EnvironmentFault:
    return EnvironmentFault(
        "lake.spark_lost",
        "Spark 中途失败，检查或比对没有完成。请查看 Spark 日志（内存、磁盘、节点、文件是否可读）后重试。",
        "Spark failed on the way; the check or comparison is not complete. See Spark's log (memory, disk, nodes, whether "
        "they can read the files), then try again.",
    )

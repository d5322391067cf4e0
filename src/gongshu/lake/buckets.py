"""The lake on object storage with an S3 interface: the log is committed there, part files are copied there and back.

Commits: Delta writes the log's next entry with ``If-None-Match: *`` (a conditional put), which the store grants to one
writer only; so two machines cannot commit the same version, without any lock service. A store that ignores the condition
would let the second overwrite the first, so a new table is only made where a trial has shown that it does not.

Copies: a part is written to this machine's disk first and copied to the store before the commit names it, so that a
process killed in between leaves nothing visible. What is read is copied here once, checked by its size, and made
read-only; a file without that mark is a run's own that is not committed yet, and is never evicted. Copies of files that
the store no longer holds (cleared by retention, here or on another machine) are removed when their table is next read.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import shutil
import stat
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import IO, cast

import httpx
import pyarrow as pa
import pyarrow.fs as arrow_fs
from deltalake.exceptions import DeltaError

from gongshu import clock, ids
from gongshu.errors import EnvironmentFault
from gongshu.home import Home
from gongshu.lake.parts import Part
from gongshu.lake.stores import Kept, disk, sweep, unwritable, written

TRIAL = ".trial"  # below the lake's prefix: where it is tried whether the store grants a name to one writer only
IN_USE = 3600.0  # seconds since it was last asked for; a copy younger than that is not evicted

_CHUNK = 8 << 20
_SECONDS = 10  # for one request; what fails is tried again twice
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO})


@dataclass(frozen=True)
class Keys:
    """What the store knows us by. Never shown."""

    access: str
    secret: str
    token: str = ""

    def __repr__(self) -> str:
        return "Keys(…)"


def keys_of(home: Home) -> Keys:
    """From the environment, or from the file that the settings name. Raises EnvironmentFault that says how to mend."""
    env = os.environ
    if env.get("AWS_ACCESS_KEY_ID") and env.get("AWS_SECRET_ACCESS_KEY"):
        return Keys(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN", ""))
    file = home.root / home.bucket.credentials
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise EnvironmentFault(
                "lake.keys_open", f"密钥文件权限过宽：{file}。请 chmod 600。", f"Others may read {file}. chmod 600 it."
            )
        body = tomllib.loads(file.read_text(encoding="utf-8"))
        return Keys(str(body["access_key_id"]), str(body["secret_access_key"]), str(body.get("session_token", "")))
    except (OSError, KeyError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise EnvironmentFault(
            "lake.keys_missing",
            f"没有对象存储的密钥。请设置 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY，或在 {file} 写明 access_key_id 和 "
            "secret_access_key。",
            "There are no keys for the object storage. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write "
            f"access_key_id and secret_access_key into {file}.",
        ) from None  # the error may quote a line of the file


def options_of(home: Home) -> dict[str, str]:
    """How Delta reaches the store."""
    bucket, keys = home.bucket, keys_of(home)
    said = {
        "AWS_ACCESS_KEY_ID": keys.access,
        "AWS_SECRET_ACCESS_KEY": keys.secret,
        "AWS_SESSION_TOKEN": keys.token,
        "AWS_REGION": bucket.region or "us-east-1",
        "AWS_ENDPOINT_URL": bucket.endpoint,
        "AWS_ALLOW_HTTP": "true" if bucket.endpoint.startswith("http://") else "",
    }
    fixed = {
        "aws_conditional_put": "etag",
        "max_retries": "2",
        "retry_timeout": "30s",
        "timeout": f"{_SECONDS}s",
        "connect_timeout": "3s",
    }
    return {key: value for key, value in said.items() if value} | fixed


@lru_cache(maxsize=4)
def _filesystem(endpoint: str, region: str, keys: Keys) -> arrow_fs.S3FileSystem:
    scheme, _, host = endpoint.rpartition("://")
    return arrow_fs.S3FileSystem(
        access_key=keys.access,
        secret_key=keys.secret,
        session_token=keys.token or None,
        region=region or "us-east-1",
        scheme=scheme or "https",
        endpoint_override=host or None,
        connect_timeout=3,
        request_timeout=_SECONDS,
        retry_strategy=arrow_fs.AwsStandardS3RetryStrategy(max_attempts=3),
        allow_delayed_open=True,
    )


class BucketStore:
    """A store below ``home.bucket``; ``name`` is the folder's place in the lake, ``RESOURCE/data``."""

    def __init__(self, home: Home, name: str) -> None:
        self._home = home
        self.folder = home.lake / name
        self.address = f"{home.bucket.url}/{name}"

    @property
    def options(self) -> dict[str, str] | None:
        return options_of(self._home)

    @property
    def _files(self) -> arrow_fs.S3FileSystem:
        return _filesystem(self._home.bucket.endpoint, self._home.bucket.region, keys_of(self._home))

    def _key(self, name: str = "") -> str:
        return f"{self.address.removeprefix('s3://')}/{name}".rstrip("/")

    def maybe(self) -> bool:
        return True

    @contextmanager
    def reaching(self) -> Iterator[None]:
        try:
            yield
        except (OSError, DeltaError, pa.ArrowException) as error:
            if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
                raise unwritable(self.folder, error) from error
            raise _unreachable(self._home) from error

    def failed(self, _: Exception) -> EnvironmentFault:
        return _unreachable(self._home)

    def check_writers(self) -> None:
        _try_writers(self._home)

    def listed(self) -> Mapping[str, Kept]:
        return {name: one for name, one in self._listed("").items() if name.startswith("part-")}

    def _listed(self, subfolder: str) -> dict[str, Kept]:
        selector = arrow_fs.FileSelector(self._key(subfolder), allow_not_found=True)
        with self.reaching():
            found = self._files.get_file_info(selector)
        prefix = f"{subfolder}/" if subfolder else ""
        return {
            prefix + one.base_name: Kept(one.size, one.mtime.timestamp() if one.mtime else 0.0)
            for one in found
            if one.type == arrow_fs.FileType.File and one.base_name.endswith(".parquet")
        }

    def weight(self) -> int:
        selector = arrow_fs.FileSelector(self._key(), allow_not_found=True, recursive=True)
        with self.reaching():
            return sum(one.size or 0 for one in self._files.get_file_info(selector))

    def _held(self, names: Collection[str]) -> dict[str, Kept]:
        found: dict[str, Kept] = {}
        for subfolder in sorted({name.rpartition("/")[0] for name in names}):
            found |= self._listed(subfolder)
        return found

    def holds(self, names: Collection[str]) -> bool:
        held = self._held(names)
        self._forget(held, {name.rpartition("/")[0] for name in names})
        return all(name in held for name in names)

    def _forget(self, held: Mapping[str, Kept], subfolders: Collection[str]) -> None:
        """Remove the copies of what the store no longer holds."""
        for subfolder in subfolders:
            for path in (self.folder / subfolder).glob("part-*.parquet"):
                if path.relative_to(self.folder).as_posix() not in held and _is_copy(path):
                    path.unlink(missing_ok=True)

    def bring(self, sizes: Mapping[str, int]) -> list[Path]:
        absent = [name for name, size in sizes.items() if not written(self.folder / name, size)]
        for name in absent:
            self._download(name, sizes[name])
        paths = [self.folder / name for name in sizes]
        for path in paths:
            with disk(path):
                os.utime(path)
        if absent:
            evict(self._home)
        return paths

    def _download(self, name: str, size: int) -> None:
        target = self.folder / name
        with disk(self.folder):
            target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{ids.new_id()[-10:].lower()}")
        try:
            with self.reaching():
                with self._files.open_input_stream(self._key(name)) as source, temporary.open("wb") as out:
                    shutil.copyfileobj(source, out, _CHUNK)
                if temporary.stat().st_size != size:
                    raise _unreachable(self._home)
                temporary.chmod(0o444)
                temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    def keep(self, parts: Sequence[Part]) -> bool:
        if not parts:
            return True
        held = self._held([part.path for part in parts])
        for part in parts:
            if part.path in held:
                if held[part.path].size != part.size:
                    return False
                continue
            path = self.folder / part.path
            if not written(path, part.size):
                return False
            key = self._key(part.path)
            with self.reaching():
                with path.open("rb") as source, self._files.open_output_stream(key) as out:
                    shutil.copyfileobj(source, out, _CHUNK)
                if self._files.get_file_info(key).size != part.size:
                    raise _unreachable(self._home)
                path.chmod(0o444)
        return True

    def sweep(self, subfolder: str, stem: str) -> None:
        sweep(self.folder / subfolder, stem)
        prefix = f"{subfolder}/{stem}" if subfolder else stem
        self.remove([name for name in self._listed(subfolder) if name.startswith(prefix)])

    def remove(self, names: Collection[str]) -> None:
        for name in sorted(names):
            (self.folder / name).unlink(missing_ok=True)
            with self.reaching():
                try:
                    self._files.delete_file(self._key(name))
                except FileNotFoundError:
                    continue

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        with self.reaching(), self._files.open_input_file(self._key(name)) as file:
            yield cast("IO[bytes]", file)

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return self._opened(name)


def evict(home: Home) -> int:
    """Remove the copies that were not asked for longest, until they take no more than ``cache_gb``; how many went."""
    copies = []
    for path in home.lake.glob("*/*/**/part-*.parquet"):
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        if not found.st_mode & stat.S_IWUSR:
            copies.append((found.st_mtime, found.st_size, path))
    total = sum(size for _, size, _ in copies)
    gone, until = 0, clock.now().timestamp() - IN_USE
    for asked_at, size, path in sorted(copies):
        if total <= home.bucket.cache_gb << 30 or asked_at > until:
            break
        path.unlink(missing_ok=True)
        total, gone = total - size, gone + 1
    return gone


def _is_copy(path: Path) -> bool:
    try:
        return not path.stat().st_mode & stat.S_IWUSR
    except FileNotFoundError:
        return False


_tried: set[str] = set()


def _try_writers(home: Home) -> None:
    """Write the same new name twice on condition that it is new; the second must be refused. Once for each process."""
    if home.bucket.url in _tried:
        return
    store = BucketStore(home, f"{TRIAL}/{ids.new_id()[-12:].lower()}")
    with store.reaching():
        try:
            answers = [_put_new(home, store._key()) for _ in range(2)]
        except httpx.HTTPError as error:
            raise _unreachable(home) from error
        if answers[0] // 100 == 2:
            store._files.delete_file(store._key())
        elif answers[0] != HTTPStatus.NOT_IMPLEMENTED:
            raise _unreachable(home)
    if answers[1] not in {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT}:
        raise EnvironmentFault(
            "lake.store_unsafe",
            f"对象存储 {_place(home)} 不支持条件写入（If-None-Match），两个写入方可能互相覆盖，不能存放数据湖。"
            "请升级该存储或改用本地磁盘。",
            f"The object storage {_place(home)} ignores conditional writes (If-None-Match): two writers could overwrite "
            "each other, so it cannot hold the lake. Use a newer release of it, or the local disk.",
        )
    _tried.add(home.bucket.url)


def _put_new(home: Home, key: str) -> int:
    """PUT an empty object if there is none of that name, signed by AWS Signature Version 4; the status.

    pyarrow's client knows no conditions, and Delta looks before it writes, so neither can be used for the trial.
    https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    """
    keys, region = keys_of(home), home.bucket.region or "us-east-1"
    endpoint = home.bucket.endpoint or f"https://s3.{region}.amazonaws.com"
    now = clock.now()
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    nothing = hashlib.sha256(b"").hexdigest()
    signed = {"host": httpx.URL(endpoint).netloc.decode(), "if-none-match": "*"}
    signed |= {"x-amz-content-sha256": nothing, "x-amz-date": stamp}
    if keys.token:
        signed["x-amz-security-token"] = keys.token
    listed, scope = ";".join(signed), f"{day}/{region}/s3/aws4_request"
    heads = "".join(f"{name}:{value}\n" for name, value in signed.items())
    request = f"PUT\n/{key}\n\n{heads}\n{listed}\n{nothing}"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    seal = f"AWS4{keys.secret}".encode()
    for part in (*scope.split("/"), text):
        seal = hmac.digest(seal, part.encode(), "sha256")
    said = f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope}, SignedHeaders={listed}, Signature={seal.hex()}"
    return httpx.put(f"{endpoint}/{key}", headers=signed | {"authorization": said}, timeout=_SECONDS).status_code


def _place(home: Home) -> str:
    bucket = home.bucket.url.removeprefix("s3://").partition("/")[0]
    return f"{home.bucket.endpoint or home.bucket.region}/{bucket}"


def _unreachable(home: Home) -> EnvironmentFault:
    """What the client says stays out of the sentence: it is long, and it may quote a request."""
    return EnvironmentFault(
        "lake.store_unreachable",
        f"对象存储 {_place(home)} 无法读写；已提交的版本不受影响。请检查网络、地址、存储桶和密钥后重试。",
        f"The object storage {_place(home)} cannot be read or written; what was committed stays as it is. Check network, "
        "address, bucket and keys, then try again.",
    )

"""Where the files of a table lie: on this machine's disk, or on object storage with copies here of what is read.

A part file is written here, whole, before a commit may name it, and never changes afterwards. So on object storage
(:mod:`gongshu.lake.buckets`) a copy is as good as the original as long as its size is right, and everything that reads
files works on either. The Delta log itself is read and written where it lies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from gongshu.errors import Conflict, EnvironmentFault
from gongshu.lake.parts import Part


@dataclass(frozen=True)
class Kept:
    """A part file as the store holds it: bytes, and when it was last written, in seconds since 1970."""

    size: int
    changed_at: float


class Store(Protocol):
    """One folder of Delta: its log and its part files."""

    @property
    def folder(self) -> Path:
        """Where part files are written, and where their copies are read, on this machine."""

    @property
    def address(self) -> str:
        """What Delta opens."""

    @property
    def options(self) -> dict[str, str] | None:
        """How Delta reaches it."""

    def maybe(self) -> bool:
        """False when it is sure that no table is there."""

    def reaching(self) -> AbstractContextManager[None]:
        """Around whatever asks the store: a store that cannot be reached becomes an EnvironmentFault."""

    def failed(self, error: Exception, /) -> EnvironmentFault:
        """What to say when a commit failed for another reason than another writer."""

    def check_writers(self) -> None:
        """Raise EnvironmentFault when two writers could commit the same version of a table here."""

    def listed(self) -> Mapping[str, Kept]:
        """Every part file directly in the folder, of a version or not."""

    def weight(self) -> int:
        """Bytes of all that lies there: part files of every version, and the log."""

    def holds(self, names: Collection[str]) -> bool:
        """Whether all of these files are there."""

    def bring(self, sizes: Mapping[str, int]) -> list[Path]:
        """These files (name: bytes by the log) on this machine's disk, in the order asked."""

    def keep(self, parts: Sequence[Part]) -> bool:
        """Make sure that the store holds these parts, written here or held before; False when one is nowhere."""

    def sweep(self, subfolder: str, stem: str) -> None:
        """Remove the part files whose names begin with ``stem``: what an earlier attempt left."""

    def remove(self, names: Collection[str]) -> None:
        """Remove part files; one that is not there is no error."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """The original of a part file, to read."""


class Folder:
    """A store on this machine's disk."""

    options: dict[str, str] | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def address(self) -> str:
        if any(sign in str(self.folder) for sign in "%#?"):  # the Delta kernel unescapes addresses twice
            raise EnvironmentFault(
                "lake.path_sign",
                f"数据湖路径不能含有 % # ?:{self.folder}。请换一个目录。",
                f"The lake's path must not hold the signs % # ?: {self.folder}. Choose another folder.",
            )
        return self.folder.absolute().as_uri()

    def maybe(self) -> bool:
        return (self.folder / "_delta_log").is_dir()

    def reaching(self) -> AbstractContextManager[None]:
        return nullcontext()

    def failed(self, error: Exception) -> EnvironmentFault:
        return EnvironmentFault(
            "lake.commit",
            f"数据湖提交失败：{error}。请检查磁盘空间和权限后重试。",
            f"The lake could not commit: {error}. Check space and rights, then try again.",
        )

    def check_writers(self) -> None:
        """A disk gives a new name to one writer only."""

    def listed(self) -> Mapping[str, Kept]:
        stats = {path.name: path.stat() for path in self.folder.glob("part-*.parquet")}
        return {name: Kept(one.st_size, one.st_mtime) for name, one in stats.items()}

    def weight(self) -> int:
        total = 0
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):  # cleared while we look
                total += path.stat().st_size if path.is_file() else 0
        return total

    def holds(self, names: Collection[str]) -> bool:
        return all((self.folder / name).is_file() for name in names)

    def bring(self, sizes: Mapping[str, int]) -> list[Path]:
        return [self.folder / name for name in sizes]

    def keep(self, parts: Sequence[Part]) -> bool:
        return all(written(self.folder / part.path, part.size) for part in parts)

    def sweep(self, subfolder: str, stem: str) -> None:
        sweep(self.folder / subfolder, stem)

    def remove(self, names: Collection[str]) -> None:
        for name in sorted(names):
            (self.folder / name).unlink(missing_ok=True)

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return (self.folder / name).open("rb")


def written(path: Path, size: int) -> bool:
    """Whether the file is there with all its bytes."""
    return path.is_file() and path.stat().st_size == size


def sweep(folder: Path, stem: str) -> None:
    """Remove the part files of a folder of this machine whose names begin with ``stem``."""
    for leftover in folder.glob(f"{stem}*.parquet"):
        leftover.unlink(missing_ok=True)


def sha256(file: IO[bytes]) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Around what writes below ``folder``: a disk that refuses becomes an EnvironmentFault."""
    try:
        yield
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(folder: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        "lake.disk",
        f"数据湖无法写入：{folder}({error.strerror or error})。请检查磁盘空间和权限后重试。",
        f"The lake cannot be written: {folder} ({error.strerror or error}). Check space and rights, then try again.",
    )


def busy() -> Conflict:
    """Another writer was faster."""
    return Conflict(
        "lake.busy",
        "另一次归集刚刚提交了同一资源的新版本，请重试。",
        "Another run has just committed a version of the same resource; try again.",
    )

"""Nothing is connected to but what the operator declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongshu.collection.intake import reach
from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import Reach, open_home


@pytest.mark.parametrize(
    ("rules", "host", "port", "allowed"),
    [
        (["db.example.cn"], "db.example.cn", 5432, True),
        (["db.example.cn"], "DB.Example.cn", 5432, True),
        (["db.example.cn:5432"], "db.example.cn", 5433, False),
        (["db.example.cn"], "evil-db.example.cn", 5432, False),
        (["db.example.cn"], "db.example.cn.evil.example", 5432, False),
        (["*.example.cn"], "a.b.example.cn", 80, True),
        (["*.example.cn"], "example.cn", 80, False),
        (["*.example.cn"], "evilexample.cn", 80, False),
        (["10.1.0.0/16"], "10.1.255.3", 1, True),
        (["10.1.0.0/16"], "10.2.0.1", 1, False),
        (["10.1.0.0/16"], "db.example.cn", 1, False),
        (["10.1.2.3:5432"], "10.1.2.3", 5432, True),
        (["127.0.0.1"], "localhost", 80, False),
        (["::1"], "::1", 80, True),
        (["[::1]:80"], "[::1]", 80, True),
        (["[::1]:80"], "::1", 81, False),
        ([], "10.0.0.1", 80, False),
    ],
)
def test_hosts(rules, host, port, allowed):
    if allowed:
        reach.check_host(Reach(tuple(rules)), host, port)
    else:
        with pytest.raises(GongshuError) as refusal:
            reach.check_host(Reach(tuple(rules)), host, port)
        assert refusal.value.code == "source.host_undeclared"


def test_folders_by_where_they_really_lie(tmp_path: Path):
    declared = Reach(folders=(tmp_path / "in",))
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "way-out").symlink_to(tmp_path / "out")
    assert reach.check_folder(declared, str(tmp_path / "in" / "deeper")) == tmp_path / "in" / "deeper"
    for outside in (tmp_path / "out", tmp_path / "in" / ".." / "out", tmp_path / "in" / "way-out", Path("in")):
        with pytest.raises(GongshuError):
            reach.check_folder(declared, str(outside))


def test_the_settings_file_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "gongshu.toml").write_text('[sources]\nhosts = ["a.example"]\nfolders = ["/srv/exchange"]\n')
    assert open_home(tmp_path).sources == Reach(("a.example",), (Path("/srv/exchange"),))
    monkeypatch.setenv("GONGSHU_SOURCE_HOSTS", "b.example, c.example:1")
    assert open_home(tmp_path).sources.hosts == ("b.example", "c.example:1")
    (tmp_path / "gongshu.toml").write_text('[sources]\nfolders = "x"\n')
    with pytest.raises(EnvironmentFault):
        open_home(tmp_path)

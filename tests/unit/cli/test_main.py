"""What the command line does with errors: one sentence, one exit code, in the reader's language."""

import errno
import json
import sqlite3

import pytest
import typer

from gongshu.cli import faults, lazy, main
from gongshu.errors import EnvironmentFault, GongshuError, NotFound, Text


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Make ``gongshu boom`` a command that raises what it is given."""
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    monkeypatch.setenv("GONGSHU_LANG", "zh")

    def install(error):
        def boom(as_json: bool = typer.Option(False, "--json")) -> None:
            raise error

        entry = lazy.Entry("x:boom", Text("炸", "boom"), Text("组", "panel"))
        monkeypatch.setitem(main.COMMANDS, "boom", entry)
        app = typer.Typer(add_completion=False)
        app.command("boom")(boom)
        monkeypatch.setattr(lazy, "load", lambda name, entry: typer.main.get_command(app))

    return install


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (GongshuError("a.b", "不行。", "No."), 3, "不行。"),
        (NotFound("a.c", "没有。", "None."), 3, "没有。"),
        (EnvironmentFault("a.d", "机器。", "Machine."), 4, "机器。"),
        (OSError(errno.ENOSPC, "no space", "/data/x"), 4, "磁盘已满"),
        (OSError(errno.EROFS, "read only", "/data/x"), 4, "只读"),
        (PermissionError(errno.EACCES, "denied", "/data/x"), 4, "没有权限"),
        (NotADirectoryError(errno.ENOTDIR, "no dir", "/data/x"), 4, "不是文件夹"),
        (sqlite3.OperationalError("attempt to write a readonly database"), 4, "只读"),
        (sqlite3.OperationalError("no such table: identity_person"), 4, "gongshu init"),
        (sqlite3.OperationalError("database is locked"), 4, "正忙"),
        (RuntimeError("boom"), 5, "事件号 incident_"),
        (KeyboardInterrupt(), 130, "已中断"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_error_is_one_sentence_and_an_exit_code(command, capsys, error, code, words):
    command(error)
    assert main.run(["boom"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


def test_a_database_error_of_django_is_recognised_by_its_cause(command, capsys):
    from django.db.utils import OperationalError

    error = OperationalError("no such table")
    error.__cause__ = sqlite3.OperationalError("no such table: x")
    command(error)
    assert main.run(["boom"]) == 4
    assert "gongshu migrate" in capsys.readouterr().err


def test_english_readers_get_english(command, capsys, monkeypatch):
    monkeypatch.setenv("GONGSHU_LANG", "en")
    command(GongshuError("a.b", "不行。", "No, because."))
    assert main.run(["boom"]) == 3
    assert capsys.readouterr().err.strip() == "No, because."


def test_programs_get_json(command, capsys):
    command(GongshuError("a.b", "不行。", "No.", row=7))
    assert main.run(["boom", "--json"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err) == {"error": {"code": "a.b", "zh": "不行。", "en": "No.", "where": {"row": 7}}}


def test_a_defect_leaves_its_traceback_in_the_logs_and_only_there(command, capsys, tmp_path):
    (tmp_path / "logs").mkdir()
    command(RuntimeError("the inner reason"))
    assert main.run(["boom"]) == 5
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "the inner reason" not in err
    log = (tmp_path / "logs" / "incidents.log").read_text(encoding="utf-8")
    assert "the inner reason" in log
    assert err.split("事件号 ")[1].split("。")[0] in log


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "没有命令"),
        (["--nonsense"], "没有选项 --nonsense"),
        (["init"], "缺少"),
        (["serve", "--web-port", "many"], "无效"),
    ],
)
def test_a_wrong_command_line_is_exit_2_and_points_to_help(capsys, arguments, words, monkeypatch):
    monkeypatch.setenv("GONGSHU_LANG", "zh")
    assert main.run(arguments) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "--help" in err
    assert len(err.strip().splitlines()) == 1


def test_help_shows_every_command_and_the_exit_codes(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert main.run(["--help"]) == 0
    out = capsys.readouterr().out
    for name in main.COMMANDS:
        assert f" {name} " in out
    for code in ("0", "1", "2", "3", "4", "5", "130"):
        assert f"\n   {code} " in out


@pytest.mark.parametrize("name", sorted(main.COMMANDS))
def test_every_command_teaches_by_an_example(name, capsys, monkeypatch):
    """Each command, and each command of a group, shows how it is typed."""
    monkeypatch.setenv("COLUMNS", "200")
    for path, found in leaves(lazy.load(name, main.COMMANDS[name]), ["gongshu", name]):
        assert " ".join(path) in (found.help or ""), f"{' '.join(path)} has no example in its help"


def leaves(command, path):
    """The commands that do something, groups within groups opened."""
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for name, found in inner.items():
        yield from leaves(found, [*path, name])


def test_version(capsys):
    import gongshu

    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"gongshu {gongshu.__version__}\n"


def test_faults_of_ours_are_not_blamed_on_the_machine():
    assert faults.as_environment_fault(ValueError("x")) is None
    assert faults.as_environment_fault(sqlite3.OperationalError('near "FROM": syntax error')) is None

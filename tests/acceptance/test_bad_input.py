"""Bad input and a hostile machine: one sentence, the right exit code, nothing half done."""

import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from live import environment
from ports import free_ports

SHORT = {"GONGSHU_PASSWORD": "short"}


def one_sentence(done):
    """What a person reads: one line on stderr, no traceback."""
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture
def taken():
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def home(installed):
    return installed("xian")


@pytest.mark.parametrize("command", ["init", "demo"])
def test_a_wrong_city_lists_the_cities_and_makes_nothing(gongshu, tmp_path, command):
    done = gongshu(command, "--city", "xiam", home=tmp_path / "home")
    assert done.returncode == 2
    said = one_sentence(done)
    assert "xiam" in said
    assert all(city in said for city in ("luzhou", "dazhou", "xian", "zaozhuang", "yongjia"))
    assert not (tmp_path / "home").exists()


def test_init_without_a_city_says_so(gongshu, tmp_path):
    done = gongshu("init", home=tmp_path / "home")
    assert done.returncode == 2
    assert "--city" in one_sentence(done)


@pytest.mark.parametrize(("which", "option"), [("--web-port", "--web-port"), ("--gateway-port", "--gateway-port")])
def test_a_port_in_use_is_named(gongshu, home, taken, which, option):
    ports = {"--web-port": free_ports(1)[0], "--gateway-port": free_ports(1)[0], which: taken}
    done = gongshu("serve", *(str(word) for pair in ports.items() for word in pair), home=home)
    assert done.returncode == 4
    said = one_sentence(done)
    assert str(taken) in said
    assert option in said


def test_the_demo_names_a_port_in_use_too(gongshu, tmp_path, taken):
    done = gongshu("demo", "--once", "--small", "--folder", tmp_path / "demo", "--web-port", taken)
    assert done.returncode == 4
    assert str(taken) in one_sentence(done)


def test_serve_without_an_installation_says_how_to_make_one(gongshu, tmp_path):
    done = gongshu("serve", home=tmp_path / "nothing")
    assert done.returncode == 4
    assert "gongshu init" in one_sentence(done)
    assert not (tmp_path / "nothing").exists()


def test_a_folder_of_another_city_is_left_alone(gongshu, home):
    before = (home / "gongshu.toml").read_bytes()
    done = gongshu("init", "--city", "yongjia", home=home)
    assert done.returncode == 3
    assert "xian" in one_sentence(done)
    assert (home / "gongshu.toml").read_bytes() == before


def test_init_twice_changes_nothing(gongshu, home):
    before = {path: path.read_bytes() for path in (home / "secrets").iterdir()}
    assert gongshu("init", "--city", "xian", home=home).returncode == 0
    assert {path: path.read_bytes() for path in (home / "secrets").iterdir()} == before


def test_a_home_below_a_file_is_refused(gongshu, tmp_path):
    (tmp_path / "file").write_text("a file")
    done = gongshu("init", "--city", "xian", home=tmp_path / "file" / "home")
    assert done.returncode == 4
    assert "文件夹" in one_sentence(done)
    assert (tmp_path / "file").read_text() == "a file"


def confined(*arguments, mounts, home):
    """Run ``gongshu`` in a bubblewrap of its own, where mounts can be read-only or small even for root."""
    if shutil.which("bwrap") is None:
        pytest.fail("bubblewrap is not installed; `make test` installs it")
    return subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", *mounts, sys.executable, "-m", "gongshu.cli.main", *arguments],
        env=environment(GONGSHU_HOME=str(home)),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_read_only_folder_is_named(tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    done = confined("init", "--city", "xian", mounts=["--ro-bind", str(place), str(place)], home=place / "home")
    assert done.returncode == 4
    said = one_sentence(done)
    assert "只读" in said
    assert str(place) in said
    assert list(place.iterdir()) == []


def test_an_installation_that_became_read_only_says_so(home):
    done = confined("serve", mounts=["--ro-bind", str(home), str(home)], home=home)
    assert done.returncode == 4
    assert "只读" in one_sentence(done)


def test_a_full_disk_is_a_sentence_and_init_can_be_run_again(gongshu, tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    done = confined("init", "--city", "xian", mounts=["--size", "200000", "--tmpfs", str(place)], home=place / "home")
    assert done.returncode == 4
    assert "磁盘" in one_sentence(done)
    assert gongshu("init", "--city", "xian", home=place / "home").returncode == 0


@pytest.mark.parametrize(
    ("appears", "pause"),
    [("lake", 0), ("secrets/keys.json", 0), ("control.sqlite3", 0), ("control.sqlite3", 0.1), ("control.sqlite3", 0.4)],
)
def test_an_interrupted_init_is_completed_by_running_it_again(gongshu, tmp_path, appears, pause):
    """Killed at any moment, it is no installation yet; run again, it is whole."""
    home = tmp_path / "home"
    process = subprocess.Popen(
        [sys.executable, "-m", "gongshu.cli.main", "init", "--city", "xian"],
        env=environment(GONGSHU_HOME=str(home)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not (home / appears).exists():
        time.sleep(0.001)
    time.sleep(pause)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if not (home / "gongshu.toml").exists():
        refused = gongshu("serve", home=home)
        assert refused.returncode == 4
        assert "gongshu init" in one_sentence(refused)
    again = gongshu("init", "--city", "xian", home=home)
    assert again.returncode == 0, again.stderr
    listed = gongshu("people", "list", "--json", home=home)
    assert (listed.returncode, listed.stdout.strip()) == (0, "[]")


def test_two_platforms_do_not_run_on_one_installation(gongshu, home):
    web, gateway, other_web, other_gateway = map(str, free_ports(4))
    first = subprocess.Popen(
        [sys.executable, "-m", "gongshu.cli.main", "serve", "--web-port", web, "--gateway-port", gateway],
        env=environment(GONGSHU_HOME=str(home)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert "已启动".encode() in first.stdout.readline()
        done = gongshu("serve", "--web-port", other_web, "--gateway-port", other_gateway, home=home)
        assert done.returncode == 4
        assert "已有一个平台在运行" in one_sentence(done)
    finally:
        first.send_signal(signal.SIGTERM)
        assert first.wait(timeout=120) == 0, "SIGTERM ends it in good order"
    assert not (home / "serve.json").exists()


def test_adding_people_checks_what_it_is_given(gongshu, home):
    weak = gongshu(
        "people", "add", "lin", "--name", "林静", "--role", "auditor", home=home, env={"GONGSHU_PASSWORD": "short"}
    )
    assert (weak.returncode, "密码" in one_sentence(weak)) == (3, True)
    role = gongshu("people", "add", "lin", "--name", "林静", "--role", "king", home=home)
    assert (role.returncode, "king" in one_sentence(role)) == (3, True)
    good = {"GONGSHU_PASSWORD": "a-long-enough-word"}
    assert gongshu("people", "add", "lin", "--name", "林静", "--role", "auditor", home=home, env=good).returncode == 0
    again = gongshu("people", "add", "lin", "--name", "林静", "--role", "auditor", home=home, env=good)
    assert (again.returncode, "已被使用" in one_sentence(again)) == (3, True)

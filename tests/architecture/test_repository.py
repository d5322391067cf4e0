"""The repository guards itself: locks without addresses, nothing of this or that machine, documents that are true."""

import json
import re
import tomllib

import pytest

from architecture.source import ROOT, tracked_files

# Spelled in pieces, so that this file does not find itself.
OF_A_MACHINE = ["/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/"]
INDEX_ADDRESSES = [
    "--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "py" + "pi.org", "pythonhosted" + ".org",
    "registry.npm" + "js", "npm" + "mirror", "tuna.tsing" + "hua", '"resol' + 'ved"',
]  # fmt: skip
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".lock",
    ".json",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".js",
    ".mjs",
    ".svg",
    ".sh",
    "",
}


def _texts():
    for path in tracked_files():
        if path.suffix in TEXT:
            try:
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_no_file_names_a_machine_or_a_package_index():
    wrong = []
    for path, text in _texts():
        for word in [*OF_A_MACHINE, *INDEX_ADDRESSES]:
            found = re.search(rf"(?<![\w.*-]){re.escape(word)}", text)
            if found and not (path.name == "Makefile" and word == "--find" + "-links"):
                line = text[: found.start()].count("\n") + 1
                wrong.append(f"{path}:{line} {word}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_a_version_and_a_hash(name):
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", (ROOT / name).read_text(encoding="utf-8"))
    packages = [block for block in blocks if re.match(r"[a-zA-Z0-9]", block)]
    assert len(packages) > 30
    wrong = [block.split("\n")[0] for block in packages if "==" not in block or "--hash=sha256:" not in block]
    assert not wrong


def test_the_development_lock_agrees_with_the_runtime_lock():
    def versions(name):
        return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ \\]+)", (ROOT / name).read_text(encoding="utf-8"), re.M))

    runtime, development = versions("requirements.lock"), versions("requirements-dev.lock")
    assert runtime
    assert {name: development.get(name) for name in runtime} == runtime


def test_every_declared_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    for requirement in project["dependencies"]:
        name = re.split(r"[\[<>=!~ ]", requirement)[0].lower()
        assert re.search(rf"^{re.escape(name)}==", lock, re.M), name


def test_the_page_packages_are_locked_with_checksums():
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 5
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def _documents():
    return [path for path in tracked_files() if path.suffix == ".md"]


def _commands(word):
    """Lines of code blocks in the documents that run ``word``, as (document, arguments)."""
    for path in _documents():
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"^```(?:sh|bash|console|shell)?\n(.*?)^```", text, re.M | re.S):
            for line in block.splitlines():
                line = re.sub(r"\s+#.*$", "", line.strip().removeprefix("$ "))
                line = re.sub(r"^(?:[A-Z_]+=\S+ +)+", "", line)
                for part in re.split(r"\s+(?:&&|\|)\s+", line):
                    if part == word or part.startswith(f"{word} "):
                        yield path.relative_to(ROOT), part.split()[1:]


def test_make_targets_in_the_documents_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    used = [(path, word) for path, words in _commands("make") for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
    assert used, "no document shows a make command"
    assert not [f"{path}: make {word}" for path, word in used if word not in targets]


def test_commands_in_the_documents_exist():
    from gongshu.cli import main
    from gongshu.cli.lazy import load

    used = list(_commands("gongshu"))
    assert used, "no document shows a gongshu command"
    wrong = []
    for path, words in used:
        words = [word for word in words if word]
        if not words or words[0].startswith("-"):
            continue
        entry = main.COMMANDS.get(words[0])
        if entry is None:
            wrong.append(f"{path}: gongshu {words[0]}")
            continue
        command, rest = load(words[0], entry), words[1:]
        while rest and rest[0] in getattr(command, "commands", {}):
            command, rest = command.commands[rest[0]], rest[1:]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        known.add("--help")
        for word in rest:
            if word.startswith("--") and word.split("=")[0] not in known:
                wrong.append(f"{path}: gongshu {' '.join(words)}: no option {word}")
    assert not wrong, "\n".join(wrong)


def test_links_in_the_documents_lead_somewhere():
    wrong = []
    for path in _documents():
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists():
                wrong.append(f"{path.relative_to(ROOT)}: {target}")
    assert not wrong, "\n".join(wrong)


def test_the_change_log_knows_this_version():
    import gongshu

    assert f"[{gongshu.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == gongshu.__version__

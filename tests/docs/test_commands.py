"""Every command that the manuals and the help texts show exists, with every option that they show."""

import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperGroup

from gongshu.cli.lazy import load
from gongshu.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("README*.md"),
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("docs/how-to/*.md"),
    *ROOT.glob("docs/adr/*.md"),
    *ROOT.glob("deploy/*.md"),
    *ROOT.glob("src/gongshu/cli/*.py"),
    *ROOT.glob("deploy/*.service"),
]
HELP = {"--help", "-h"}
_FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`(gongshu [^`\n]+)`")
_EXAMPLE = re.compile(r"例 Examples?:(.*?)\"\"\"", re.DOTALL)
_COMMAND = re.compile(r"(?:^|(?<! -[a-z])[\s(/=\"])gongshu +(?!gongshu)([a-z-].*)")  # not the user: `-o gongshu`
_OPTION = re.compile(r"--?[a-z][a-z-]*")
_PLACEHOLDER = re.compile(r"[<{\[…A-Z]|\.\.\.|[^\x00-\x7f]")


def shown(page):
    """The command lines of ``page``, without the word ``gongshu``, each in one line."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".py":
        blocks = _EXAMPLE.findall(text)
    elif page.suffix == ".service":
        blocks = [text]
    else:
        blocks = _FENCE.findall(text) + _INLINE.findall(_FENCE.sub("", text))
    for block in blocks:
        for line in re.sub(r"\\+\n\s*", " ", block).splitlines():
            found = _COMMAND.search(line)
            if found:
                yield found[1].split("  #")[0].split(" | ")[0].split(" && ")[0].split(" > ")[0].strip()


def words(line):
    try:
        return shlex.split(line)
    except ValueError:  # a quote that the text around it closes
        return line.split()


def missing(line):
    """What ``line`` names and the command line does not have; empty when all is there."""
    rest = words(line)
    name = rest.pop(0)
    if name in HELP or name.startswith("--"):
        return ""
    if name not in COMMANDS:
        return name
    command = load(name, COMMANDS[name])
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        if _PLACEHOLDER.match(rest[0]):
            return ""
        following = rest.pop(0)
        for each in following.split("|"):  # `source add|test|run`
            if command.commands.get(each) is None:
                return f"{command.name} {each}"
        command = command.commands[following.split("|")[0]]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | HELP
    return " ".join(
        option for word in rest if (option := word.split("=")[0]) and _OPTION.fullmatch(option) and option not in known
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_shown_exists(page):
    wrong = [f"gongshu {line}: {what}" for line in shown(page) if (what := missing(line))]
    assert not wrong, "\n".join(wrong)


def test_the_manuals_show_commands_and_a_wrong_one_would_be_seen():
    assert sum(len(list(shown(page))) for page in PAGES) > 200
    assert missing("catalog liste 公交") == "catalog liste"
    assert missing("catalog list --unheard-of") == "--unheard-of"
    assert missing("unheard of") == "unheard"

"""Habits of the code that a machine can check; exceptions are listed here, each with its reason."""

import ast

import pytest

from architecture.source import PACKAGE, modules, tracked_files

CITIES = {"luzhou", "dazhou", "xian", "zaozhuang", "yongjia"}
LONGEST_MODULE = 499

# Functions in actions.py that have no `by=`, and why.
WITHOUT_BY = {
    "gongshu/ledger/actions.py:record": "its `actor=` is the acting person or process already",
    "gongshu/collection/actions.py:work_one": "the worker acts; it is named inside",
    "gongshu/grants/actions.py:publish_client": "wiring calls it inside identity's action, which recorded by whom",
    "gongshu/sharing/actions.py:follow_duty": "wiring calls it inside the duty's action, which recorded by whom",
    "gongshu/opening/actions.py:follow_duty": "wiring calls it inside the duty's action, which recorded by whom",
    "gongshu/operation/actions.py:follow_duty": "wiring calls it inside the duty's action, which recorded by whom",
    "gongshu/supervision/actions.py:follow_duty": "wiring calls it inside the duty's action, which recorded by whom",
    "gongshu/libraries/actions.py:follow_entry": "wiring calls it inside the catalog's action, which recorded by whom",
    "gongshu/grants/actions.py:scope_of": "pure: a grant as the gateway reads it",
}
ASKS_THE_CLOCK = {"gongshu/clock.py": "the one place that may"}


def _calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


def test_only_the_clock_asks_what_time_it_is():
    forbidden = {
        ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
        ("timezone", "now"),
    }  # fmt: skip
    wrong = []
    for name, tree in modules().items():
        if name in ASKS_THE_CLOCK:
            continue
        for call in _calls(tree):
            owner = call.func.value
            last = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if (last, call.func.attr) in forbidden:
                wrong.append(f"{name}:{call.lineno} {last}.{call.func.attr}()")
    assert not wrong, "ask gongshu.clock:\n" + "\n".join(wrong)


def test_no_code_compares_with_a_city():
    wrong = []
    for name, tree in modules().items():
        for node in ast.walk(tree):
            constants = [n for n in ast.walk(node) if isinstance(n, ast.Constant)]
            if isinstance(node, ast.Compare | ast.MatchValue) and any(n.value in CITIES for n in constants):
                wrong.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.Dict) and any(isinstance(k, ast.Constant) and k.value in CITIES for k in node.keys):
                wrong.append(f"{name}:{node.lineno} (a table by city)")
    assert not wrong, "what differs between cities is data in a rule pack:\n" + "\n".join(wrong)


def test_modules_stay_short():
    long = {
        str(path.relative_to(PACKAGE)): lines
        for path in PACKAGE.rglob("*.py")
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not long, f"split by the second idea in the file: {long}"


def _actions():
    for name, tree in modules().items():
        if name.endswith("/actions.py"):
            for node in tree.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                    yield f"{name}:{node.name}", node


def test_every_action_is_keyword_only_and_says_by_whom():
    found = dict(_actions())
    assert len(found) > 20, "the scan found hardly any action; is it looking in the right place?"
    wrong = []
    for name, node in found.items():
        if name in WITHOUT_BY:
            continue
        if node.args.args or node.args.posonlyargs or node.args.vararg:
            wrong.append(f"{name} takes positional arguments")
        if "by" not in {argument.arg for argument in node.args.kwonlyargs}:
            wrong.append(f"{name} has no by=")
    assert not wrong, "\n".join(wrong)
    assert set(WITHOUT_BY) <= set(found), "an exception for a function that is gone"


def test_every_module_and_every_action_has_a_docstring():
    missing = [name for name, tree in modules().items() if tree.body and not ast.get_docstring(tree)
               and not name.endswith(("apps.py", "__init__.py"))]  # fmt: skip
    missing += [name for name, node in _actions() if not ast.get_docstring(node)]
    assert not missing, "\n".join(missing)


def test_nothing_is_left_half_done():
    words = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "raise NotImplemented" + "Error")
    wrong = [
        f"{path}: {word}"
        for path in PACKAGE.rglob("*.py")
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "domain",
    [
        "identity",
        "duties",
        "filings",
        "notifications",
        "catalog",
        "grants",
        "libraries",
        "spaces",
        "matters",
        "quality",
        "collection",
        "sharing",
        "opening",
        "operation",
        "supervision",
        "tracing",
    ],
)
def test_the_same_drawer_has_the_same_contents(domain):
    expected = {"apps.py", "models.py", "actions.py", "queries.py", "states.py", "migrations"}
    assert expected <= {path.name for path in (PACKAGE / domain).iterdir()}


def test_migrations_are_added_one_after_another():
    for folder in PACKAGE.glob("*/migrations"):
        names = sorted(path.name for path in folder.glob("0*.py"))
        numbers = [name[:4] for name in names]
        assert numbers == [f"{n:04d}" for n in range(1, len(names) + 1)], f"{folder}: {names}"
        assert not names or names[0] == "0001_initial.py"
        assert all("auto" not in name for name in names), "a migration says in its name what it adds"


def test_there_is_no_drawer_for_everything():
    names = {path.stem for path in tracked_files() if path.suffix == ".py" and PACKAGE in path.parents}
    assert not names & {"utils", "util", "helpers", "misc", "common"}

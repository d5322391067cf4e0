"""Who may import whom: the layers of ``.importlinter``, the Django-free set, and no reaching into a neighbour."""

import subprocess
import sys

import pytest

from architecture.source import PACKAGE, ROOT, imported, modules

# Pure packages: everything in them runs without Django. Pure modules of packages that also have models follow.
DJANGO_FREE_PACKAGES = ("deadlines", "workflow", "rules", "crypto", "lake", "gateway")
DJANGO_FREE_MODULES = (
    "clock", "ids", "errors", "stopping", "home",
    "grants.scope", "grants.masking",
    "ledger.entry", "ledger.merkle", "ledger.tiles", "ledger.note", "ledger.spool", "ledger.sequencer",
    "ledger.verify", "ledger.bundle", "ledger.quorum", "ledger.cosigning", "witness.server", "witness.own",
    "collection.reading", "collection.typing", "collection.checks", "collection.pipeline",
    "identity.actor",
    "quality.checkset", "quality.checking", "quality.score", "quality.proposing", "quality.own_query",
    "cli.main", "cli.output", "cli.lazy", "cli.faults", "cli.serve", "cli.worker", "cli.web",
    "demo.registers", "demo.numbers", "demo.files",
)  # fmt: skip
DOMAINS = (
    "identity",
    "notifications",
    "duties",
    "filings",
    "catalog",
    "grants",
    "matters",
    "collection",
    "sharing",
    "opening",
    "ledger",
    "operation",
    "supervision",
    "tracing",
)


def test_imports_go_down_only():
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def django_free_names():
    names = {f"gongshu.{name}" for name in DJANGO_FREE_MODULES}
    for package in DJANGO_FREE_PACKAGES:
        names.update(_dotted(path) for path in (PACKAGE / package).rglob("*.py"))
    for pattern in ("*/states.py", "*/policy.py"):
        names.update(_dotted(path) for path in PACKAGE.glob(pattern))
    return sorted(names)


def _dotted(path):
    name = path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
    return name.removesuffix(".__init__")


def test_the_django_free_set_runs_without_django():
    program = (
        "import importlib, json, sys\n"
        "found = {}\n"
        "for name in json.load(sys.stdin):\n"
        "    importlib.import_module(name)\n"
        "    if any(m == 'django' or m.startswith('django.') for m in sys.modules):\n"
        "        sys.exit(f'{name} imports Django')\n"
    )
    import json

    result = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(django_free_names()),
        env={"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


def test_the_command_line_answers_help_without_the_heavy_packages():
    program = (
        "import sys; from gongshu.cli import main; main.run(['--help']);"
        "heavy = {'django', 'polars', 'pyarrow', 'numpy', 'deltalake', 'granian'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


def test_a_command_starts_without_what_computes_on_data():
    """Each command, and each process, sets Django up with everything that ``gongshu.wiring`` connects."""
    program = (
        "import sys, django; django.setup(); import gongshu.wiring;"
        "heavy = {'polars', 'pyarrow', 'numpy', 'deltalake', 'duckdb', 'granian', 'openpyxl'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
            "LANG": "C.UTF-8",
            "DJANGO_SETTINGS_MODULE": "settings_for_tests",
        },
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("part", ["models", "policy"])
def test_nobody_imports_another_packages_inner_modules(part):
    inner = {f"gongshu.{domain}.{part}": domain for domain in DOMAINS}
    wrong = [
        f"{name} imports {target}"
        for name, tree in modules().items()
        for target in sorted(imported(tree))
        if target in inner and not name.startswith(f"gongshu/{inner[target]}/")
    ]
    assert not wrong, "use the other package's actions, queries or states:\n" + "\n".join(wrong)


# Django's own signals that one app sends to itself, and why.
SIGNALS = {"gongshu/catalog/apps.py": "post_migrate: a database that was flushed gets its synonyms again"}


def test_nothing_hides_in_django_signals():
    wrong = [
        f"{name} imports {target}"
        for name, tree in modules().items()
        for target in imported(tree)
        if name not in SIGNALS and ("signals" in target.split(".") or target.startswith("django.dispatch"))
    ]
    assert not wrong, "say it in gongshu/wiring.py instead:\n" + "\n".join(wrong)

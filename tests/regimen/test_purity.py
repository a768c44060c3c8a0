"""The regimen is plain Python: importing it loads nothing but the standard library, and nothing in it reads a clock."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import ivig_care.regimen

SOURCES = sorted(Path(ivig_care.regimen.__file__).parent.rglob("*.py"))
ROOT = Path(ivig_care.regimen.__file__).parents[2]
# Prints every module that is loaded after all of the regimen is.
LIST_MODULES = """
import json, sys
before = set(sys.modules)
import importlib, pkgutil
import ivig_care.regimen
for found in pkgutil.walk_packages(ivig_care.regimen.__path__, "ivig_care.regimen."):
    importlib.import_module(found.name)
json.dump({"before": sorted(before), "after": sorted(sys.modules)}, sys.stdout)
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """The modules of a fresh interpreter before and after it imported the whole regimen."""
    command = [sys.executable, "-E", "-c", LIST_MODULES]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert ran.returncode == 0, ran.stderr
    modules: dict[str, list[str]] = json.loads(ran.stdout)
    return modules


def test_importing_the_regimen_loads_only_the_standard_library(loaded: dict[str, list[str]]) -> None:
    packages = {name.partition(".")[0] for name in set(loaded["after"]) - set(loaded["before"])}

    foreign = packages - set(sys.stdlib_module_names)
    # zoneinfo asks sysconfig where the zones lie, and that reads a module named after the platform.
    assert {name for name in foreign if not name.startswith("_sysconfigdata_")} == {"ivig_care"}
    assert not {"django", "celery"} & packages


def test_importing_the_regimen_loads_nothing_else_of_the_project(loaded: dict[str, list[str]]) -> None:
    ours = {name for name in loaded["after"] if name.startswith("ivig_care")}

    assert ours == {"ivig_care", "ivig_care.regimen"} | {
        f"ivig_care.regimen.{source.stem}" for source in SOURCES if source.stem != "__init__"
    }


CLOCKS = {"now", "utcnow", "today", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime"}
# What would make two runs differ, or reach outside.
FORBIDDEN_IMPORTS = {"time", "random", "secrets", "uuid", "socket", "sqlite3", "urllib", "threading", "asyncio"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_nothing_reads_a_clock(source: Path) -> None:
    tree = ast.parse(source.read_text(encoding="utf-8"))

    assert [ast.unparse(node) for node in ast.walk(tree) if _reads_a_clock(node)] == []


def _reads_a_clock(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute):
        return False
    is_time_time = node.attr == "time" and isinstance(node.value, ast.Name) and node.value.id == "time"
    return node.attr in CLOCKS or is_time_time


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_nothing_imports_chance_or_the_outside(source: Path) -> None:
    tree = ast.parse(source.read_text(encoding="utf-8"))

    imported = {alias.name.partition(".")[0] for node in ast.walk(tree) for alias in _imports(node)}
    imported |= {str(node.module).partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert not imported & FORBIDDEN_IMPORTS
    assert imported <= set(sys.stdlib_module_names) | {"ivig_care"}


def _imports(node: ast.AST) -> list[ast.alias]:
    return node.names if isinstance(node, ast.Import) else []


@pytest.mark.parametrize(
    ("code", "is_read"),
    [
        ("datetime.now(UTC)", True),
        ("dt.datetime.utcnow()", True),
        ("date.today()", True),
        ("time.time()", True),
        ("clock = datetime.now", True),
        ("moment.time()", False),
        ("datetime.combine(day, at)", False),
    ],
)
def test_the_search_for_clocks_finds_them(code: str, is_read: bool) -> None:
    assert any(_reads_a_clock(node) for node in ast.walk(ast.parse(code))) is is_read

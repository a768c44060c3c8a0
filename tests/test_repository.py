"""What must hold for the repository as a whole, whichever file one opens."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
APPLICATION = ROOT / "ivig_care"
LOCKS = ("base", "test")


@cache
def _files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- packages ---------------------------------------------------------------------------------

# Assembled from halves, so that this file does not name what it looks for.
PACKAGE_ADDRESS = re.compile(
    "|".join(
        [
            r"(?<!no-emit-)(?:extra-)?index" + r"-url",
            r"--find" + r"-links",
            r"https?://\S+/sim" + r"ple\b",
            r"https?://\S+\.(?:w" + r"hl|tgz|tar\.gz)\b",
            r"pypi\." + r"org",
            r"python" + r"hosted",
            r"registry\." + r"npm",
            r"deb\." + r"debian",
        ]
    )
)


def test_no_file_names_where_packages_come_from() -> None:
    found = [
        f"{_relative(path)}:{number}: {line.strip()[:100]}"
        for path in _files()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if PACKAGE_ADDRESS.search(line)
    ]
    assert found == []


def _lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def _pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==(\S+)", _lock(name), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_carries_hashes(name: str) -> None:
    entries = re.split(r"^(?=[a-z0-9])", _lock(name), flags=re.MULTILINE)[1:]
    assert len(entries) == len(_pins(name)) > 0
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", LOCKS)
def test_everything_asked_for_is_pinned(name: str) -> None:
    wanted = re.findall(r"^([A-Za-z][\w.-]*)", (ROOT / "requirements" / f"{name}.in").read_text(), re.MULTILINE)
    assert sorted({package.lower() for package in wanted} - set(_pins(name))) == []


def test_tests_run_on_the_very_packages_of_the_application() -> None:
    assert _pins("base").items() <= _pins("test").items()


# --- settings ---------------------------------------------------------------------------------


def _documented_settings() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def _settings_read() -> set[str]:
    """The names that settings.py asks its environment for, as in env.str("NAME")."""
    calls = (
        node for node in ast.walk(ast.parse((APPLICATION / "settings.py").read_text())) if isinstance(node, ast.Call)
    )
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_the_example_environment_names_every_setting_and_no_other() -> None:
    compose_only = {"POSTGRES_PASSWORD"}
    assert _documented_settings() - compose_only == _settings_read()


# --- running it -------------------------------------------------------------------------------


@cache
def _compose() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert isinstance(document, dict)
    return document


def test_compose_runs_the_whole_site() -> None:
    assert set(_compose()["services"]) == {"web", "worker", "beat", "migrate", "db", "redis"}


def test_compose_watches_over_everything_that_stays_up() -> None:
    services = _compose()["services"]
    assert [name for name in services if "healthcheck" not in services[name]] == ["migrate"]


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_compose_migrates_before_the_application_starts(name: str) -> None:
    service = _compose()["services"][name]
    assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert service["env_file"] == ".env"


def test_compose_declares_the_volumes_it_mounts() -> None:
    mounted = {
        volume.partition(":")[0] for service in _compose()["services"].values() for volume in service.get("volumes", [])
    }
    assert mounted == set(_compose()["volumes"])


def test_compose_takes_its_variables_from_the_example_environment() -> None:
    used = re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text())
    assert set(used) <= _documented_settings()


def test_the_image_runs_as_nobody_special() -> None:
    instructions = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line for line in instructions if line.startswith("USER")]
    assert users == ["USER ivig_care"]
    assert instructions.index(users[0]) < instructions.index("EXPOSE 8000")


def test_one_command_runs_the_site_and_its_worker() -> None:
    processes = re.findall(r"^(\w+): (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert [name for name, _ in processes] == ["web", "worker"]
    assert " --beat " in dict(processes)["worker"]


# --- imports that import-linter cannot see ----------------------------------------------------


def _imports(path: Path) -> Iterator[str]:
    """The full names that a file imports, as django.core.mail.send_mail."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_relative(path)}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _application_imports() -> Iterator[tuple[Path, str]]:
    for path in sorted(APPLICATION.rglob("*.py")):
        yield from ((path, name) for name in _imports(path))


def test_the_regimen_stands_on_the_standard_library_alone() -> None:
    foreign = {
        f"{_relative(path)}: {name}"
        for path, name in _application_imports()
        if path.is_relative_to(APPLICATION / "regimen")
        and name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("ivig_care.regimen")
    }
    assert foreign == set()


def test_importing_the_regimen_loads_neither_django_nor_celery() -> None:
    modules = [f"ivig_care.regimen.{path.stem}" for path in (APPLICATION / "regimen").glob("[!_]*.py")]
    program = f"import sys, {', '.join(modules)}; print({{'django', 'celery', 'environs'}} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_only_the_channels_send_mail() -> None:
    senders = {
        f"{_relative(path)}: {name}"
        for path, name in _application_imports()
        if f"{name}.".startswith("django.core.mail.") and not path.is_relative_to(APPLICATION / "nudges" / "channels")
    }
    assert senders == set()


def test_no_task_waits_in_the_broker_for_its_time() -> None:
    # A task with a time of its own waits an hour and longer when the worker that holds it is killed.
    for path in APPLICATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "apply_async":
                assert not {"eta", "countdown"} & {word.arg for word in node.keywords}, path

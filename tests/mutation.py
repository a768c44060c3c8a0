"""`python -m tests.mutation [MODULE ...]`: change the regimen in one place at a time; do its tests notice?

The changes are mutmut's own. Its runner is not used: it leaves out module-level tables, properties, dataclass defaults
and cached functions, and in the regimen these are half of what decides.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import contextlib
import difflib
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, islice
from pathlib import Path

import coverage
import hypothesis.strategies  # noqa: F401 (so that no fork has to import it again)
import libcst as cst
import libcst.matchers as m
import pytest
from libcst.metadata import CodePosition, MetadataWrapper, PositionProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "test-results" / "mutants"
WANTED_SCORE = 0.9
# The tests of a mutant get what they took unchanged and under coverage, twice over, and so much processor time besides.
SPARE_SECONDS = 5
MEMORY = 4 * 1024**3
# These look at the sources, at the documentation or for tracebacks, and say nothing of what the regimen decides.
LEFT_OUT = ("test_purity.py", "test_preview_reference.py", "test_fuzz.py")
PYTEST = ("-c", "pytest.ini", "-q", "--tb=no", "--no-header", "-p", "no:cacheprovider", "tests/regimen")
CONFIGURATION = "[pytest]\nfilterwarnings = error\n"
COVERAGE, NOTED = "lines.coverage", "tests.json"


class End(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change: the whole changed source of a module, and the lines whose tests are asked first."""

    module: str
    source: str
    lines: range


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The tests as they run unchanged: seconds of each, and which of them run which line of which module."""

    seconds: Mapping[str, float]
    tests_by_line: Mapping[str, Mapping[int, frozenset[str]]]
    failed: frozenset[str]

    def stages(self, mutant: Mutant) -> Iterator[frozenset[str]]:
        """The tests for a mutant: its own file's that run its lines, then all that do, then its own file's rest.

        Lines that run on import only (tables, defaults) belong to every test of the module, or of all modules.
        """
        by_line = self.tests_by_line.get(mutant.module, {})
        on_lines = frozenset[str]().union(*(by_line.get(line, frozenset()) for line in mutant.lines))
        everywhere = frozenset[str]().union(*by_line.values()) or frozenset(self.seconds)
        asked = on_lines or everywhere
        home = f"tests/regimen/test_{mutant.module}.py::"
        own = frozenset(test for test in self.seconds if test.startswith(home))
        yield asked & own
        yield asked - own
        yield own - asked


class Chosen:
    """A pytest plugin that runs only these tests, the quick ones first."""

    def __init__(self, tests: frozenset[str], seconds: Mapping[str, float]) -> None:
        self.tests = tests
        self.seconds = seconds

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Import only the files with tests that are chosen."""
        is_test = collection_path.name.startswith("test_")
        return (is_test and not any(f"/{collection_path.name}::" in test for test in self.tests)) or None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Order by file, since fixtures may belong to one, and within it by time."""
        of_file: dict[str, float] = {}
        for test in self.tests:
            of_file[test.partition("::")[0]] = of_file.get(test.partition("::")[0], 0) + self.seconds[test]
        items[:] = sorted(
            (item for item in items if item.nodeid in self.tests),
            key=lambda item: (of_file[item.nodeid.partition("::")[0]], item.nodeid.partition("::")[0], self._of(item)),
        )

    def _of(self, item: pytest.Item) -> float:
        return self.seconds[item.nodeid]


class Watched:
    """A pytest plugin that notes how long each test takes, whether it fails, and which lines it runs."""

    def __init__(self, folder: Path, files: Collection[str]) -> None:
        self.folder = folder
        self.files = files
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def pytest_sessionstart(self) -> None:
        """Look at the regimen only."""
        file = str(self.folder / COVERAGE)
        self.coverage = coverage.Coverage(data_file=file, config_file=False, include=["ivig_care/regimen/*"])
        self.coverage.start()

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out what says nothing of decisions, and what was not asked for."""
        name = collection_path.name
        is_other = name.startswith("test_") and bool(self.files) and name not in self.files
        return name in LEFT_OUT or is_other or None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Say whose lines these are, and take its time: of the processor, for others may be using it too."""
        self.coverage.switch_context(item.nodeid)
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what fails."""
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported fails as a whole."""
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Leave it all in the folder, for the process that asked."""
        self.coverage.stop()
        self.coverage.save()
        noted = {"seconds": self.seconds, "failed": sorted(self.failed)}
        (self.folder / NOTED).write_text(json.dumps(noted), encoding="utf-8")


class _Places(cst.CSTVisitor):
    """Every change that mutmut can make, and the lines of the statement that it stands in."""

    METADATA_DEPENDENCIES = (PositionProvider, WhitespaceInclusivePositionProvider)

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.found: list[tuple[str, range]] = []
        self._line_starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
        self._statements: list[CodePosition] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        # Annotations and type aliases are not evaluated; a decorator that is changed only fails on import.
        if isinstance(node, cst.Annotation | cst.Decorator) or _is_alias(node):
            return False
        position = self.get_metadata(PositionProvider, node, None)
        if position is None:  # a comma, a space
            return True
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self._statements.append(position.start)
        lines = range(self._statements[-1].line if self._statements else 1, position.end.line + 1)
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                # Of a text one change is enough: the others are capitals, and the same tests see them.
                changes = islice(operator(node), 1 if isinstance(node, cst.SimpleString) else None)
                self.found += [(self._with(node, changed), lines) for changed in changes]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            self._statements.pop()

    def _with(self, node: cst.CSTNode, changed: cst.CSTNode) -> str:
        # libcst could replace a node itself, but takes fifty times as long over a whole module.
        place = self.get_metadata(WhitespaceInclusivePositionProvider, node)
        start, end = (self._line_starts[at.line - 1] + at.column for at in (place.start, place.end))
        code = cst.Module([]).code_for_node(changed)
        code = code.replace("\n", "\n" + " " * (self._statements[-1].column if self._statements else 0))
        return self.source[:start] + code + self.source[end:]


def _is_alias(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.AnnAssign) and m.matches(node.annotation.annotation, m.Name("TypeAlias"))


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module that is still Python."""
    places = _Places(source)
    MetadataWrapper(cst.parse_module(source)).visit(places)
    lines_of = {code: lines for code, lines in reversed(places.found) if code != source}
    for code in reversed(lines_of):
        with contextlib.suppress(SyntaxError):
            ast.parse(code)
            yield Mutant(module=module, source=code, lines=lines_of[code])


def copy_of_the_tree(folder: Path) -> Path:
    """A copy of the regimen, its tests and the documents they read, which mutants may be written into."""
    for name in ("ivig_care/regimen", "ivig_care/protocols/data", "tests/regimen", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("ivig_care/__init__.py", "tests/__init__.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "pytest.ini").write_text(CONFIGURATION)
    compileall.compile_dir(str(folder), quiet=2)
    return folder


def in_a_child(folder: Path, plugin: object, *, seconds: float | None) -> int:
    """Run the tests of that folder in a fork, for so many seconds of its own; the status as os.waitpid tells it."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    os._exit(_run_tests(folder, plugin))


def _run_tests(folder: Path, plugin: object) -> int:
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("ivig_care", "tests")]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(path for path in sys.path if Path(path or ROOT).resolve() != ROOT)]
    sys.dont_write_bytecode = not isinstance(plugin, Watched)
    first_failure = "--continue-on-collection-errors" if isinstance(plugin, Watched) else "-x"
    return int(pytest.main([*PYTEST, first_failure], plugins=[plugin]))


def unchanged(folder: Path, files: Collection[str] = ()) -> Baseline:
    """Run these files of tests, or all, on the regimen as it is; tests that fail even so are asked no more."""
    in_a_child(folder, Watched(folder, files), seconds=None)
    noted = json.loads((folder / NOTED).read_text(encoding="utf-8"))
    failed = frozenset(noted["failed"])
    data = coverage.CoverageData(str(folder / COVERAGE))
    data.read()
    tests_by_line = {
        Path(file).stem: {
            line: frozenset(tests) - failed - {""} for line, tests in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    seconds = {test: took for test, took in noted["seconds"].items() if test not in failed}
    return Baseline(seconds=seconds, tests_by_line=tests_by_line, failed=failed)


def end_of(mutant: Mutant, *, folder: Path, baseline: Baseline) -> End:
    """Put a mutant into the folder, run the tests that may notice it, and take it out again."""
    path = folder / "ivig_care" / "regimen" / f"{mutant.module}.py"
    original = path.read_text(encoding="utf-8")
    for compiled in path.parent.glob(f"__pycache__/{mutant.module}.*"):
        compiled.unlink()
    path.write_text(mutant.source, encoding="utf-8")
    try:
        for tests in baseline.stages(mutant):
            if tests:
                took = sum(baseline.seconds[test] for test in tests)
                status = in_a_child(folder, Chosen(tests, baseline.seconds), seconds=2 * took + SPARE_SECONDS)
                if os.WIFSIGNALED(status):
                    return End.TIMED_OUT
                if os.WEXITSTATUS(status) == pytest.ExitCode.USAGE_ERROR:
                    raise RuntimeError(f"pytest did not start for a mutant of {mutant.module}")
                if os.WEXITSTATUS(status) not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                    return End.KILLED
    finally:
        path.write_text(original, encoding="utf-8")
    return End.SURVIVED


class _Worker:
    """What a process of the pool holds: its own copy of the tree, and the tests as they run unchanged."""

    folder: Path
    baseline: Baseline

    @classmethod
    def begin(cls, first: Path, baseline: Baseline) -> None:
        os.nice(5)  # people and other checks come first
        cls.folder = Path(tempfile.mkdtemp(dir=first.parent)) / "tree"
        shutil.copytree(first, cls.folder)
        cls.baseline = baseline

    @classmethod
    def tried(cls, mutant: Mutant) -> End:
        return end_of(mutant, folder=cls.folder, baseline=cls.baseline)


def run(modules: Sequence[str], *, jobs: int, own_only: bool) -> tuple[Baseline, list[tuple[Mutant, End]]]:
    """Try every mutant of these modules, `jobs` at a time, on all tests or on those of the modules' own files."""
    with tempfile.TemporaryDirectory(prefix="ivig-care-mutate-") as name:
        first = copy_of_the_tree(Path(name) / "first")
        baseline = unchanged(first, [f"test_{module}.py" for module in modules] if own_only else [])
        mutants = [mutant for module in modules for mutant in mutants_of(module, source_of(module, first))]
        with ProcessPoolExecutor(jobs, initializer=_Worker.begin, initargs=(first, baseline)) as pool:
            ends = list(_told(pool.map(_Worker.tried, mutants, chunksize=4), len(mutants)))
    return baseline, list(zip(mutants, ends, strict=True))


def _told(ends: Iterator[End], number: int) -> Iterator[End]:
    survived = 0
    for done, end in enumerate(ends, start=1):
        survived += end is End.SURVIVED
        if done % 50 == 0 or done == number:
            sys.stderr.write(f"{done} of {number} mutants, {survived} survived\n")
        yield end


def source_of(module: str, root: Path = ROOT) -> str:
    """The source of a module of the regimen."""
    return (root / "ivig_care" / "regimen" / f"{module}.py").read_text(encoding="utf-8")


def counted(ends: Sequence[End]) -> dict[str, int | float]:
    """The figures of some mutants. One that never comes to an end has been noticed: it counts as killed."""
    survived = sum(end is End.SURVIVED for end in ends)
    score = 1 - survived / len(ends) if ends else 1.0
    return {"mutants": len(ends), "killed": len(ends) - survived, "survived": survived, "score": round(score, 4)}


def write_reports(tried: Sequence[tuple[Mutant, End]], modules: Sequence[str]) -> None:
    """For each module a file with its survivors, as the changes that no test notices, and those that took too long."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    for module in modules:
        shown = [
            f"# {end}\n{_change(mutant)}" for mutant, end in tried if mutant.module == module and end is not End.KILLED
        ]
        (REPORTS / f"{module}.diff").write_text("\n".join(shown), encoding="utf-8")


def _change(mutant: Mutant) -> str:
    name = f"ivig_care/regimen/{mutant.module}.py"
    before, after = source_of(mutant.module).splitlines(keepends=True), mutant.source.splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, name, name, n=1))


def main(arguments: Sequence[str]) -> int:
    """0 when enough mutants were noticed, 1 when not, 2 when the tests fail on the regimen as it is."""
    known = sorted(path.stem for path in (ROOT / "ivig_care" / "regimen").glob("*.py") if path.stem != "__init__")
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as in: rates doses (all when none is named)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument(
        "--own", action="store_true", help="ask only the tests in test_MODULE.py: quicker, and stricter"
    )
    asked = parser.parse_args(arguments)
    modules: list[str] = asked.modules or known
    if unknown := sorted(set(modules) - set(known)):
        parser.error(f"no such module of the regimen: {', '.join(unknown)}")
    # No child lives in the zone of this machine: where code falls back on it, a test shall notice.
    os.environ |= {"TZ": "Pacific/Chatham", "HYPOTHESIS_PROFILE": "brief", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    time.tzset()
    baseline, tried = run(modules, jobs=asked.jobs, own_only=asked.own)
    write_reports(tried, modules)
    of_module = {name: counted([end for mutant, end in tried if mutant.module == name]) for name in modules}
    total = counted([end for _, end in tried])
    sys.stdout.write(json.dumps({**total, "by_module": of_module}) + "\n")
    for test in sorted(baseline.failed):
        sys.stderr.write(f"fails unchanged, so it was not asked: {test}\n")
    if baseline.failed:
        return 2
    return 0 if total["score"] >= WANTED_SCORE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

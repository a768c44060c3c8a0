"""`python -m tests.audit_deps`: do the pinned packages have known holes?

Exit status 1 when one has for which a version without it exists, or when the answer cannot be read. Where the registry
does not answer at all it says so in one line, with exit status 0: a machine without it can run the tests all the same.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements/base.txt", "requirements/test.txt")
LONGEST_SECONDS = 180
NO_ANSWER = "{file}: not audited, for the registry does not answer here."
# What a client says that could not reach anybody. Everything else that goes wrong is ours to mend.
_UNREACHED = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|Failed to resolve|Connection(Reset|Refused)"
)


@dataclass
class Verdict:
    """What is to be said of one file of pinned packages, and whether it may stay as it is."""

    lines: list[str] = field(default_factory=list)
    is_fine: bool = True


def verdict_of(file: str, answer: dict[str, Any]) -> Verdict:
    """What pip-audit's answer means."""
    packages = answer["dependencies"]
    skipped = [package for package in packages if "skip_reason" in package]
    if packages and len(skipped) == len(packages):
        return Verdict([NO_ANSWER.format(file=file)])
    said = Verdict()
    for package in packages:
        for hole in package.get("vulns", []):
            fixed = ", ".join(hole["fix_versions"])
            cure = f"mended in {fixed}: make lock ARGS=--upgrade" if fixed else "nobody has mended it yet"
            said.lines.append(f"{file}: {package['name']} {package['version']}: {hole['id']}, {cure}")
            said.is_fine = said.is_fine and not fixed
    for package in skipped:
        said.lines.append(f"{file}: {package['name']}: not audited, {package['skip_reason']}")
        said.is_fine = False
    if not said.lines:
        said.lines.append(f"{file}: {len(packages)} packages, no known hole.")
    return said


def audit(file: str) -> Verdict:
    """Ask about the pinned packages of one file; nothing is resolved and nothing installed."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--format", "json", "--requirement", file]
    try:
        asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        return Verdict([NO_ANSWER.format(file=file)])
    return read(file, asked.stdout, asked.stderr)


def read(file: str, said: str, complaint: str) -> Verdict:
    """What the program said means, whether it got an answer or not."""
    try:
        answer = json.loads(said)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and "dependencies" in answer:
        return verdict_of(file, answer)
    if _UNREACHED.search(complaint):
        return Verdict([NO_ANSWER.format(file=file)])
    return Verdict([f"{file}: not audited. {complaint.strip()[-2000:]}"], is_fine=False)


def main() -> int:
    """The exit status."""
    verdicts = [audit(file) for file in FILES]
    for verdict in verdicts:
        sys.stdout.write("".join(f"{line}\n" for line in verdict.lines))
    return 0 if all(verdict.is_fine for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())

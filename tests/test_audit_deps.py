"""The audit of the packages fails for what can be mended, and passes unasked only where nobody answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.audit_deps import Verdict, read

FILE = "requirements/base.txt"
WELL = {"name": "django", "version": "5.2.1", "vulns": []}
UNKNOWN = {"name": "django", "skip_reason": "Dependency not found: django (5.2.1)"}


def hole(*fixed: str) -> dict[str, Any]:
    return {"name": "six", "version": "1.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": list(fixed)}]}


def verdict(*packages: dict[str, Any]) -> Verdict:
    return read(FILE, json.dumps({"dependencies": packages, "fixes": []}), "")


def test_packages_without_holes_pass() -> None:
    assert verdict(WELL, WELL) == Verdict([f"{FILE}: 2 packages, no known hole."])


def test_a_hole_that_can_be_mended_fails() -> None:
    said = f"{FILE}: six 1.0: CVE-2026-1, mended in 1.1, 2.0: make lock ARGS=--upgrade"
    assert verdict(WELL, hole("1.1", "2.0")) == Verdict([said], is_fine=False)


def test_a_hole_that_nobody_has_mended_is_told_and_passes() -> None:
    assert verdict(WELL, hole()) == Verdict([f"{FILE}: six 1.0: CVE-2026-1, nobody has mended it yet"])


def test_where_nobody_answers_it_says_so_in_one_line_and_passes() -> None:
    said = Verdict([f"{FILE}: not audited, for the registry does not answer here."])
    assert verdict(UNKNOWN, UNKNOWN) == said
    assert read(FILE, "", "requests.exceptions.ConnectionError: Failed to resolve") == said


def test_one_package_that_is_not_known_fails_where_others_are() -> None:
    assert not verdict(WELL, UNKNOWN).is_fine


@pytest.mark.parametrize("said", ["", "nonsense", "[]", "{}"])
def test_whatever_else_goes_wrong_fails_with_the_complaint(said: str) -> None:
    found = read(FILE, said, "error: requirement without a hash")
    assert (found.is_fine, "requirement without a hash" in found.lines[0]) == (False, True)

"""Who may do what is decided in care_teams/access.py: no page looks at places, links or guests to decide it anew."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent / "ivig_care"
# Whoever holds these can decide who gets in.
KEYS_TO_THE_HOUSE = frozenset({"Membership", "ClinicLink", "GuestLink"})
# By these names the rows are reached without naming the model.
BACK_WAYS = frozenset({"memberships", "clinic_links", "child_links", "guest_links", "is_superuser", "is_staff"})
# What may name them all the same, with the reason. An entry that is not needed fails.
_TOLD = "lists who is told what, among the people of children that access.cared_for_by gave"
_MANAGED = "shows and ends places and links as things; whose they are, and who may, access.py has said before"
_GUEST = "hands on the link that guest_link_opens of access.py let through"
_OWN = "names the person's own places, which all end"
_MADE = "shows a link to the one who has just made it, and leads back to where it was made"
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("web/clinic/children.py", "Membership"): _MANAGED,
    ("web/clinic/children.py", "memberships"): _MANAGED,
    ("web/clinic/staff.py", "Membership"): _MANAGED,
    ("web/family/handout.py", "GuestLink"): _MADE,
    ("web/family/handout.py", "memberships"): _MADE,
    ("web/family/team.py", "ClinicLink"): _MANAGED,
    ("web/family/team.py", "GuestLink"): _MANAGED,
    ("web/family/team.py", "Membership"): _MANAGED,
    ("web/family/team.py", "child_links"): _MANAGED,
    ("web/guest/bound.py", "GuestLink"): _GUEST,
    ("web/guest/selectors.py", "GuestLink"): _GUEST,
    ("web/guest/views.py", "GuestLink"): _GUEST,
    ("web/reach/selectors.py", "Membership"): _TOLD,
    ("web/you/close.py", "Membership"): _OWN,
    ("web/reach/selectors.py", "memberships"): _TOLD,
}


def _names(path: Path) -> set[str]:
    """The names that a module imports, and the attributes and lookups by which it could reach them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(names=names):
                found |= {name.name for name in names} & KEYS_TO_THE_HOUSE
            case ast.Attribute(attr=attr) if attr in BACK_WAYS | KEYS_TO_THE_HOUSE:
                found.add(attr)
            case ast.keyword(arg=str(arg)):
                found |= set(arg.split("__")) & BACK_WAYS
            case ast.Constant(str(text)) if " " not in text:
                found |= set(text.split("__")) & BACK_WAYS
    return found


def _offences() -> set[tuple[str, str]]:
    modules = [*(ROOT / "web").rglob("*.py"), *(ROOT / "worker").glob("*.py")]
    return {(str(path.relative_to(ROOT)), name) for path in modules for name in _names(path)}


def test_no_page_decides_by_itself_who_gets_in() -> None:
    new = sorted(_offences() - set(EXCEPTIONS))
    assert not new, f"Ask ivig_care.care_teams.access, or say in EXCEPTIONS why not: {new}"


def test_every_exception_is_needed_and_has_a_reason() -> None:
    assert set(EXCEPTIONS) <= _offences()
    assert all(EXCEPTIONS.values())


@pytest.mark.parametrize(
    "code",
    [
        "from ivig_care.care_teams.models import Membership",
        "from ivig_care.care_teams.models import Child, GuestLink as Link",
        "user.memberships.filter(role='guardian')",
        "Child.objects.filter(memberships__user=user)",
        "Child.objects.filter(clinic_links__clinic=clinic)",
        "models.ClinicLink.objects.all()",
        "child.values('memberships__role')",
    ],
)
def test_the_search_finds_a_way_round(code: str, tmp_path: Path) -> None:
    path = tmp_path / "view.py"
    path.write_text(code)
    assert _names(path)

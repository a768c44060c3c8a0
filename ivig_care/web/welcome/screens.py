"""The screens of the set-up in their order, and how a person gets from one to the next."""

from __future__ import annotations

from enum import StrEnum

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.actions.preferences import setting_up_move
from ivig_care.web.http import PersonRequest


class Screen(StrEnum):
    """One question each, but for the last, which only offers things."""

    YOU = "you"
    REACH = "reach"
    QUIET = "quiet"
    TEST = "test"
    TRY = "try"
    DONE = "done"

    @property
    def url(self) -> str:
        """Where it is."""
        return reverse(f"welcome_{self}")

    @property
    def number(self) -> int:
        """The how manieth it is."""
        return _ORDER.index(self) + 1

    @property
    def before(self) -> Screen | None:
        """The screen before; None for the first."""
        return None if self.number == 1 else _ORDER[self.number - 2]

    @property
    def after(self) -> Screen:
        """The screen after it; the last stays the last."""
        return _ORDER[min(self.number, len(_ORDER) - 1)]


_ORDER = tuple(Screen)
# The last asks nothing.
QUESTIONS = len(_ORDER) - 1


def screen_of(person: User) -> Screen:
    """Where the person goes on; somebody who is through, or never began, starts at the first."""
    return Screen(person.setting_up) if person.setting_up in set(Screen) else Screen.YOU


def begun(person: User, *, is_first_place: bool) -> str:
    """Lead somebody who has just come into a care team through the set-up; the name of the page that comes next."""
    if not is_first_place and not person.setting_up:
        return "home"
    setting_up_move(person=person, to=Screen.YOU)
    return "welcome"


def shown(request: PersonRequest, screen: Screen, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """The page of a screen."""
    about = {"screen": screen, "questions": QUESTIONS}
    return render(request, f"welcome/{screen}.html", about | context, status=status)


def next_screen(request: PersonRequest, screen: Screen) -> HttpResponse:
    """On to the screen after this one, from where the person also goes on when they come back another time."""
    setting_up_move(person=request.user, to=screen.after)
    return redirect(screen.after.url)


def is_skipped(request: PersonRequest) -> bool:
    """Whether the person left the question open."""
    return "skip" in request.POST

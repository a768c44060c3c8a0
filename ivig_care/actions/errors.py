"""What an action can refuse; each error carries its values and writes its own sentence for a person."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class Refused(Exception):
    """An action that cannot be done as asked; nothing was changed."""


class InvitationOver(Refused):
    """The invitation was used, taken back, or is too old; nobody learns which."""

    def __init__(self) -> None:
        super().__init__(_("This invitation is over. Ask whoever gave it to you for a new one."))


class GuestElsewhere(Refused):
    """A guest link opens on the device it was first used on, and on no other."""

    def __init__(self) -> None:
        super().__init__(_("This link is in use on another device. Ask the family for a new one."))


class PlanIncomplete(Refused):
    """A plan with an unset clinical value cannot be activated."""

    def __init__(self, unset: tuple[str, ...]) -> None:
        self.unset = unset
        super().__init__(_("Not prescribed yet: %(values)s.") % {"values": ", ".join(unset)})


class PlanNotDraft(Refused):
    """Only a draft can be changed or activated."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(_("This plan is %(status)s and can no longer be changed here.") % {"status": status})


class ReviewSigned(Refused):
    """The record is closed: what is signed is only ever amended."""

    def __init__(self, signed_at: datetime) -> None:
        self.signed_at = signed_at
        super().__init__(_("The clinic has signed this checklist, so it can no longer be changed."))


class SaidBefore(Refused):
    """Somebody else was quicker, and said another time: `by` said that it was `at`."""

    def __init__(self, *, by: str, at: datetime) -> None:
        self.by, self.at = by, at
        super().__init__(_("%(name)s has said that already.") % {"name": by})


class SaidSince(Refused):
    """What was to be taken back no longer stands: `by` said something else meanwhile, and that does."""

    def __init__(self, *, by: str, time: str) -> None:
        self.by, self.time = by, time
        words = _("%(name)s has said something else about this meanwhile: %(time)s. It stands, and nothing was undone.")
        super().__init__(words % {"name": by or _("Somebody"), "time": time})


class ReasonNeeded(Refused):
    """Something may be recorded, but only with a reason; `why` says what speaks against it."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class RecordErased(Refused):
    """The record was erased a moment ago."""

    def __init__(self) -> None:
        super().__init__(_("This record has been erased."))


class StepWithdrawn(Refused):
    """The step is no longer part of the checklist."""

    def __init__(self) -> None:
        super().__init__(_("This step is no longer needed. The checklist has changed since you opened it."))


class StepsStillOpen(Refused):
    """A review is signed before the checklist is over only by somebody who says that they know what is still open."""

    def __init__(self, count: int) -> None:
        self.count = count
        words = ngettext(
            "%(count)s step of this checklist is still open. Say that you know, or sign when it is over.",
            "%(count)s steps of this checklist are still open. Say that you know, or sign when they are over.",
            count,
        )
        super().__init__(words % {"count": count})


class TimeNotPossible(Refused):
    """A time that cannot be true."""

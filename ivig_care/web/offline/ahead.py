"""What a family's device keeps before anybody has opened it there: the pages of the infusions that are current."""

from __future__ import annotations

from django.http import JsonResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.nearest import Near, infusions_near
from ivig_care.web.bar import ONLY_TO_RECORD, SHAPES, address_of
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import may_keep

# The infusions of so many children at most: a phone keeps thirty pages.
MOST_CHILDREN = 4


@require_safe
def ahead(request: PersonRequest) -> JsonResponse:
    """The pages to keep, each with a word that is another one when the page looks otherwise. Two queries."""
    return JsonResponse({"pages": _pages(request.user) if may_keep(request) else {}})


def _pages(person: User) -> dict[str, str]:
    """By address. An infusion is current from the day before until its red flags no longer matter."""
    now = clock.now()
    current = [one for one in infusions_near(person, now=now) if one.is_current(now)][:MOST_CHILDREN]
    may_record = {one.infusion_id for one in infusions_near(person, now=now, right=Right.RECORD)}
    recording = [one for one in current if one.infusion_id in may_record]
    pages: dict[str, str] = {}
    # Whom to call comes first, in case that the signal does not last.
    for name in ("call_card", *(name for name in SHAPES if name not in ("home", "call_card"))):
        theirs = recording if name in ONLY_TO_RECORD else current
        pages |= {address_of(name, [one]): _version([one]) for one in theirs}
        # Where the bar leads with several children: to the question whose it is.
        pages[address_of(name, theirs)] = _version(theirs)
    pages |= {reverse("checklist", args=[one.infusion_id]): _version([one]) for one in current}
    pages[reverse("home") if current else ""] = _version(current)
    return {url: version for url, version in pages.items() if url}


def _version(meant: list[Near]) -> str:
    return "-".join([get_language() or "", *(str(one.revision) for one in meant)])

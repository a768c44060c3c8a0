"""What must hold whatever was sent: the answer to one request, and the database in the end."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.http.response import HttpResponseBase

from ivig_care.actions.audit import chain_break
from ivig_care.care_teams.models import AuditChain, GuestLink, Invitation
from ivig_care.plans.models import Dose, InfusionDay, Step
from ivig_care.regimen.steps import State
from ivig_care.reviews.models import Review
from tests.fuzz.world import marks_in

# A sick dispatch says so to whoever watches; nothing is dispatched here.
_SICK_IS_FINE = "/healthz"
# A wrong guess is counted where it was made: that is no half of a change, but the whole of one.
COUNTED = {
    "reach_verify": {"accounts_contactpoint"},
    "invitation_accept": {"care_teams_invitation"},
}


@dataclass(frozen=True)
class Verdict:
    """What is wrong with an answer; empty texts when nothing is."""

    error: str = ""
    leak: str = ""


def verdict_of(path: str, response: HttpResponseBase, families: frozenset[int]) -> Verdict:
    """Whether an answer broke, or has a word of a family that its asker may not know of."""
    error = ""
    if response.status_code >= 500 and not path.startswith(_SICK_IS_FINE):
        error = f"answered {response.status_code}"
    body = getattr(response, "content", b"").decode("utf-8", "replace")
    told = body + " ".join(f"{name}: {value}" for name, value in response.headers.items())
    foreign = marks_in(told) - families
    return Verdict(error=error, leak=f"has words of families {sorted(foreign)}" if foreign else "")


def wrong_in_database() -> list[str]:
    """Every promise of the data that does not hold, in a sentence each."""
    wrong = [text for text in map(chain_break, AuditChain.objects.values_list("subject", flat=True)) if text]
    said = Q(state__in=[State.DONE, State.SKIPPED])
    halves = Step.objects.filter(said, Q(said_at__isnull=True) | Q(said_by__isnull=True))
    halves |= Step.objects.filter(~said, Q(said_at__isnull=False) | Q(said_by__isnull=False))
    wrong += [f"step {step.pk} is {step.state}, and half of who said it when" for step in halves]
    # What was finished at a stroke before the round has no events and no doses.
    events = Count("events", filter=Q(events__kind="done"), distinct=True)
    standing = Count("doses", filter=Q(doses__taken_back_at__isnull=True), distinct=True)
    medicines = Step.objects.exclude(ingredient="").annotate(said=events, given=standing)
    for key, state, times, doses in medicines.values_list("pk", "state", "said", "given"):
        if doses != (state == State.DONE and times > 0):
            wrong.append(f"step {key} is {state} with {doses} standing doses")
    wrong += [
        f"step {step.pk} rings though it is {step.state}"
        for step in Step.objects.filter(next_nudge_at__isnull=False).exclude(state=State.OPEN)
    ]
    lost = Dose.objects.filter(step__isnull=False).exclude(child=F("step__infusion__plan__child"))
    wrong += [f"dose {dose.pk} is of another child than its step" for dose in lost]
    backwards = InfusionDay.objects.filter(actual_end__lt=F("actual_start"))
    wrong += [f"day {day.pk} ended before it started" for day in backwards]
    ends = InfusionDay.objects.filter(actual_end__isnull=False, actual_start__isnull=True)
    wrong += [f"day {day.pk} ended and never started" for day in ends]
    unsigned = Review.objects.filter(status=Review.Status.SIGNED).filter(
        Q(signed_by__isnull=True) | Q(signed_at__isnull=True)
    )
    wrong += [f"review {review.pk} is signed by nobody" for review in unsigned]
    wrong += [f"invitation {one.pk} was both taken and taken back" for one in _both_taken()]
    strangers = GuestLink.objects.exclude(infusion__plan__child=F("child"))
    wrong += [f"guest link {link.pk} shows another child’s infusion" for link in strangers]
    return wrong


def _both_taken() -> list[Invitation]:
    return list(Invitation.objects.filter(accepted_at__isnull=False, revoked_at__isnull=False))

"""Writes deliveries that need not leave any more: silence at once, including what is queued."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_noop

from ivig_care.actions.mailing import occasions_free
from ivig_care.common.prepared import Prepared
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Step

# Why a message did not leave: kept in the language that we write in, and read by families in theirs.
ANSWERED = gettext_noop("answered before it left")
LEFT_OUT = gettext_noop("no longer on the checklist")
PUT_OFF = gettext_noop("put off")
MORE_URGENT = gettext_noop("told with something more urgent")
SIGNED = gettext_noop("the clinic signed before it was answered")
# What has told somebody, or is about to.
LEAVING = (Delivery.Status.PENDING, Delivery.Status.SENDING, Delivery.Status.SENT)
CANCELLED = gettext_noop("the infusion was cancelled")


_SPEAKING: Prepared[int] = Prepared(
    lambda step: (
        Delivery.objects.pending().filter(steps=step, briefing_on__isnull=True).values_list("pk", flat=True)[:1]
    )
)


def deliveries_silence(steps: Collection[int], *, reason: str, now: datetime) -> int:
    """Drop the messages that wait and speak of these steps, if nobody need hear of any of theirs now; how many.

    A message that looks ahead to a whole day leaves in any case: what it says is worked out when it leaves.
    """
    if len(steps) == 1 and _SPEAKING.first(*steps) is None:
        return 0
    speaking = Delivery.objects.pending().filter(steps__in=steps, briefing_on__isnull=True)
    # Held first and looked at afterwards: a step that is just joining one of them must not go down with it.
    pending = Delivery.objects.pending().filter(pk__in=speaking.values("pk")).order_by("pk")
    waiting = Delivery.objects.filter(pk__in=[one.pk for one in pending.select_for_update(no_key=True).only("pk")])
    to_be_heard_of = Step.objects.open().awake(now)
    keys = list(waiting.exclude(steps__in=to_be_heard_of).values_list("pk", flat=True).distinct())
    if not keys:
        return 0
    return occasions_free(Delivery.objects.pending().filter(pk__in=keys), status=Delivery.Status.DROPPED, reason=reason)

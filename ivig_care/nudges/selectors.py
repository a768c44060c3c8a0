"""What the dispatch is doing, for those who watch it: signs of life, and the oldest message that has not left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q

from ivig_care.nudges.models import Delivery, DeliveryAttempt, Heartbeat
from ivig_care.plans.models import Infusion, Step

# The names of heartbeats. A beat or worker that runs under a watchdog puts its own name behind the word.
BEAT, DISPATCH, LAST_RESORT, WORKER = "beat", "dispatch", "last resort", "worker"
LONGEST_WAIT = timedelta(seconds=120)
LEAST_SILENCE = timedelta(seconds=60)
# A worker not heard of for so long was taken away, and is no longer spoken of.
GONE = timedelta(hours=1)
LAST_HOUR = timedelta(hours=1)


def silence_allowed() -> timedelta:
    """How old a heartbeat of beat or of the dispatch may be."""
    return max(LEAST_SILENCE, 4 * timedelta(seconds=settings.DISPATCH_SECONDS))


@dataclass(frozen=True, kw_only=True)
class DispatchHealth:
    """How the dispatch is at one instant; ages are None where there has been no sign of life."""

    now: datetime
    beat_at: datetime | None
    dispatch_at: datetime | None
    last_resort_at: datetime | None
    workers: Mapping[str, datetime]
    oldest_unsent_due_at: datetime | None
    pending: int
    sending: int

    @property
    def is_beat_late(self) -> bool:
        """Whether beat has been silent for too long."""
        return self._is_late(self.beat_at)

    @property
    def is_dispatch_late(self) -> bool:
        """Whether no worker has finished a dispatch for too long."""
        return self._is_late(self.dispatch_at)

    @property
    def is_backlog_late(self) -> bool:
        """Whether something that is due has waited for too long."""
        return self.oldest_unsent_due_at is not None and self.now - self.oldest_unsent_due_at > LONGEST_WAIT

    @property
    def is_healthy(self) -> bool:
        """Whether everything is as it should be; if not, somebody should look, though messages may still leave."""
        return not (self.is_beat_late or self.is_dispatch_late or self.is_backlog_late)

    @property
    def is_going_out(self) -> bool:
        """Whether messages leave, be it through the last resort."""
        is_served = not self.is_dispatch_late or not self._is_late(self.last_resort_at)
        return is_served and not self.is_backlog_late

    @property
    def stopped_at(self) -> datetime | None:
        """Since when messages do not go out, as far as it is known; None while they do."""
        if self.is_going_out:
            return None
        served = max((at for at in (self.dispatch_at, self.last_resort_at) if at), default=None)
        return min((at for at in (served, self.oldest_unsent_due_at) if at), default=None)

    def age_s(self, at: datetime | None) -> float | None:
        """Seconds from then until now, never less than none."""
        return None if at is None else max(0.0, round((self.now - at).total_seconds(), 1))

    def _is_late(self, at: datetime | None) -> bool:
        # A clock that was set back leaves signs of life from the future: those prove nothing either.
        return at is None or abs(self.now - at) > silence_allowed()


@dataclass(frozen=True, kw_only=True)
class HourOfDeliveries:
    """What became of the last hour's messages."""

    by_status: Mapping[str, int]
    attempts: Mapping[str, int]
    possible_repeats: int


def heartbeats() -> dict[str, datetime]:
    """The last sign of life of every part, by name."""
    return dict(Heartbeat.objects.values_list("name", "at"))


def dispatch_health(now: datetime) -> DispatchHealth:
    """How the dispatch is at `now`, in five queries over partial indexes, however many families there are."""
    beats = heartbeats()
    alarms = Step.objects.filter(next_nudge_at__isnull=False, next_nudge_at__lte=now)
    pending = Delivery.objects.filter(status=Delivery.Status.PENDING).aggregate(
        count=Count("pk"), oldest=Min("next_attempt_at", filter=Q(next_attempt_at__lte=now))
    )
    sending = Delivery.objects.filter(status=Delivery.Status.SENDING).aggregate(
        count=Count("pk"), oldest=Min("leased_until", filter=Q(leased_until__lte=now))
    )
    oldest_alarm = alarms.aggregate(oldest=Min("next_nudge_at"))["oldest"]
    briefings = Infusion.objects.filter(next_briefing_at__isnull=False, next_briefing_at__lte=now)
    oldest_briefing = briefings.aggregate(oldest=Min("next_briefing_at"))["oldest"]
    waiting = (oldest_alarm, oldest_briefing, pending["oldest"], sending["oldest"])
    return DispatchHealth(
        now=now,
        beat_at=max((at for name, at in beats.items() if _is_of(BEAT, name)), default=None),
        dispatch_at=beats.get(DISPATCH),
        last_resort_at=beats.get(LAST_RESORT),
        workers={name: at for name, at in sorted(beats.items()) if _is_of(WORKER, name) and now - at < GONE},
        oldest_unsent_due_at=min((at for at in waiting if at), default=None),
        pending=pending["count"],
        sending=sending["count"],
    )


def hour_of_deliveries(now: datetime) -> HourOfDeliveries:
    """What became of the messages begun, and of the tries made, in the hour before `now`."""
    begun = Delivery.objects.filter(created_at__gt=now - LAST_HOUR)
    tries = DeliveryAttempt.objects.filter(at__gt=now - LAST_HOUR)
    by_status = dict(begun.order_by().values_list("status").annotate(count=Count("pk")))
    by_outcome = dict(tries.order_by().values_list("outcome").annotate(count=Count("pk")))
    return HourOfDeliveries(
        by_status={status: by_status.get(status, 0) for status in Delivery.Status.values},
        attempts={outcome: by_outcome.get(outcome, 0) for outcome in DeliveryAttempt.Outcome.values},
        possible_repeats=begun.filter(is_possible_repeat=True).count(),
    )


def _is_of(part: str, name: str) -> bool:
    return name == part or name.startswith(f"{part} ")

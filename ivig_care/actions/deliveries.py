"""Writes deliveries on their way out: decide once more, send, and keep how it ended.

One transaction both keeps how a message ended and marks the next one as begun. So there is one commit for each
message, and of everything that a process was sending when it died, at most one message may have left unseen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from ivig_care.actions.claims import LOCAL_CHUNK, chunk_hold, chunk_release, chunk_renew, chunk_take
from ivig_care.actions.endings import Ending, begin, ending_keep, sent_keep
from ivig_care.nudges.channels import channel_for
from ivig_care.nudges.channels.base import CannotTell, Channel, Receipt, SendFailed
from ivig_care.nudges.messages import message_for
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.prospects import Prospect, prospects_of
from ivig_care.regimen.nudging import Drop, Hold, Send

# What was decided longer ago is decided once more before the message leaves.
FRESH = timedelta(seconds=1)

Clock = Callable[[], datetime]


def deliveries_send(*, kind: str, clock: Clock) -> int:
    """Take some of what is to be sent by this kind and send it; how many deliveries it took, 0 when none is due.

    The outside world is called outside of every transaction. A channel of our own writes rows only: there, taking,
    sending and keeping how it ended are one transaction for the whole chunk.
    """
    channel = channel_for(kind)
    return _send_here(kind, channel, clock()) if channel.is_local else _send_outside(kind, channel, clock)


@transaction.atomic
def _send_here(kind: str, channel: Channel, now: datetime) -> int:
    taken = chunk_hold(kind, now=now, most=LOCAL_CHUNK)
    endings = [
        Ending(delivery=prospect.delivery, result=_result_here(prospect, channel, now), at=now)
        for prospect in prospects_of(taken, now=now)
    ]
    sent_keep([ending for ending in endings if isinstance(ending.result, Receipt)])
    for ending in endings:
        if not isinstance(ending.result, Receipt):
            ending_keep(ending)
    return len(taken)


def _result_here(prospect: Prospect, channel: Channel, now: datetime) -> Receipt | SendFailed | Drop | Hold:
    if not isinstance(prospect.decision, Send):
        return prospect.decision
    prospect.delivery.tries += 1
    try:
        return channel.send(message_for(prospect, now=now))
    except SendFailed as failure:
        return failure


def _send_outside(kind: str, channel: Channel, clock: Clock) -> int:
    now = clock()
    lease, taken = chunk_take(kind, now=now)
    round_ = _Round(channel=channel, clock=clock, lease=lease, waiting=deque(prospects_of(taken, now=now)), read_at=now)
    round_.run()
    return len(taken)


@dataclass
class _Round:
    """One process that sends what it has taken, one message after the other. `ending` is not kept yet."""

    channel: Channel
    clock: Clock
    lease: str
    waiting: deque[Prospect]
    read_at: datetime
    ending: Ending | None = None

    def run(self) -> None:
        """Send until nothing is left, or the provider is out of reach."""
        while self.waiting:
            now = self.clock()
            if abs(now - self.read_at) >= FRESH:
                self._read_again(now)
                continue
            prospect = self.waiting.popleft()
            if not isinstance(prospect.decision, Send):
                self._keep(None, now)
                self.ending = Ending(delivery=prospect.delivery, result=prospect.decision, at=now)
            elif self._keep(prospect.delivery, now):
                self.ending = self._try(prospect, now)
                if isinstance(self.ending.result, SendFailed) and self.ending.result.is_down:
                    self._give_back()
        self._keep(None, self.clock())

    def _read_again(self, now: datetime) -> None:
        """Hold on to what is left and decide anew: meanwhile somebody may have ticked, or taken it over."""
        self._keep(None, now)
        left = {prospect.delivery.pk: prospect.delivery for prospect in self.waiting}
        ours = chunk_renew(self.lease, left.keys(), now=now)
        fresh = Delivery.objects.select_related("person", "contact_point", "infusion").in_bulk(ours)
        still = [fresh[pk] for pk in left if pk in fresh]
        self.waiting = deque(prospects_of(still, now=now))
        self.read_at = now

    @transaction.atomic
    def _keep(self, next_one: Delivery | None, now: datetime) -> bool:
        """Keep how the last one ended, and mark the next one as begun; False when it is no longer ours."""
        if self.ending is not None:
            ending_keep(self.ending)
            self.ending = None
        return next_one is not None and begin(next_one, at=now)

    def _try(self, prospect: Prospect, now: datetime) -> Ending:
        delivery = prospect.delivery
        unresolved = None if delivery.begun_at == now else delivery.begun_at
        result: Receipt | SendFailed
        try:
            found = None if unresolved is None else self._found(prospect, unresolved, now)
            result = found or self.channel.send(message_for(prospect, now=now))
        except SendFailed as failure:
            result = failure
        return Ending(delivery=delivery, result=result, at=self.clock(), unresolved=unresolved)

    def _found(self, prospect: Prospect, since: datetime, now: datetime) -> Receipt | None:
        """What the provider has of a try whose end nobody knows. Where it cannot tell, the next is marked a repeat."""
        try:
            return self.channel.find(message_for(prospect, now=now), since=since)
        except CannotTell:
            prospect.delivery.is_possible_repeat = True
            Delivery.objects.filter(pk=prospect.delivery.pk).update(is_possible_repeat=True)
            return None

    def _give_back(self) -> None:
        """The provider does not answer: what is left need not wait for us."""
        keys = [prospect.delivery.pk for prospect in self.waiting]
        self.waiting.clear()
        chunk_release(self.lease, keys, next_attempt_at=self.clock() + timedelta(seconds=settings.RETRY_SECONDS))

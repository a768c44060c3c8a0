"""Writes deliveries on their way out: decide once more, send, and keep how it ended.

One transaction both keeps how a message ended and marks the next one as begun. So there is one commit for each
message, and of everything that a process was sending when it died, at most one message may have left unseen.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from ivig_care.actions.claims import (
    CHUNK,
    LOCAL_CHUNK,
    chunk_after,
    chunk_give_back,
    chunk_hold,
    chunk_renew,
    chunk_take,
)
from ivig_care.actions.endings import Ending, begin, ending_keep, sent_keep, silence_keep
from ivig_care.actions.handovers import sent_keep_and_begin
from ivig_care.nudges.channels import channel_for
from ivig_care.nudges.channels.base import CannotTell, Channel, Receipt, SendFailed
from ivig_care.nudges.messages import message_for
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.outgoing import Outgoing, outgoing
from ivig_care.nudges.prospects import Prospect, prospects_of
from ivig_care.regimen.nudging import Drop, Hold, Send

# What was decided longer ago is decided once more before the message leaves.
FRESH = timedelta(seconds=1)
# A provider that does this would get everything that waits, and then once more.
MOST_UNKNOWN_IN_A_ROW = 2

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


def deliveries_send(*, kind: str, clock: Clock, most: int = CHUNK) -> int:
    """Take some of what is to be sent by this kind and send it; how many deliveries it took, 0 when none is due.

    The outside world is called outside of every transaction, with at most `most` deliveries at once. A channel of our
    own writes rows only: there, taking, sending and keeping how it ended are one transaction for a whole chunk.
    """
    channel = channel_for(kind)
    return _send_here(kind, channel, clock()) if channel.is_local else _send_outside(kind, channel, clock, most)


@transaction.atomic
def _send_here(kind: str, channel: Channel, now: datetime) -> int:
    taken = chunk_hold(kind, now=now, most=LOCAL_CHUNK)
    if not taken:
        return 0
    endings = [
        Ending(
            delivery=prospect.delivery,
            result=_result_here(prospect, channel, now),
            at=now,
            silent_on=prospect.silent_on,
        )
        for prospect in prospects_of(taken, now=now)
    ]
    sent_keep([ending for ending in endings if isinstance(ending.result, Receipt)])
    for ending in endings:
        if not isinstance(ending.result, Receipt):
            _kept(ending)
    return len(taken)


def _result_here(prospect: Prospect, channel: Channel, now: datetime) -> Receipt | SendFailed | Drop | Hold:
    if not isinstance(prospect.decision, Send):
        return prospect.decision
    prospect.delivery.tries += 1
    return _handed_over(prospect, channel, now)


def _handed_over(prospect: Prospect, channel: Channel, now: datetime) -> Receipt | SendFailed:
    """What became of one try. One message that breaks something must not hold up those behind it."""
    if prospect.problem:
        return SendFailed(prospect.problem, is_permanent=False)
    try:
        message = message_for(prospect, now=now)
    except Exception as error:
        log.exception("delivery %s cannot be written", prospect.delivery.pk)
        return SendFailed(f"cannot be written: {type(error).__name__}", is_permanent=False)
    try:
        return channel.send(message)
    except SendFailed as failure:
        return failure
    except Exception as error:
        log.exception("delivery %s broke its channel", prospect.delivery.pk)
        return SendFailed(f"broke off: {type(error).__name__}", is_permanent=False, is_unknown=True)


def _kept(ending: Ending) -> None:
    """One end that cannot be kept must not hold up those behind it: its lease runs out, and it is taken up again."""
    try:
        with transaction.atomic():
            ending_keep(ending)
    except Exception:
        log.exception("how delivery %s ended cannot be kept", ending.delivery.pk)


def _send_outside(kind: str, channel: Channel, clock: Clock, most: int) -> int:
    now = clock()
    lease, taken = chunk_take(kind, now=now, most=most)
    if not taken:
        return 0
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
    has_just_read: bool = False
    unknown_in_a_row: int = 0
    settled: int = 0
    ending: Ending | None = None

    def __post_init__(self) -> None:
        self.began_at = self.read_at

    def run(self) -> None:
        """Send until nothing is left, or the provider is out of reach."""
        while self.waiting:
            now = self.clock()
            if abs(now - self.read_at) >= FRESH and not self.has_just_read:
                self._read_again(now)
                continue
            self.has_just_read = False
            prospect = self.waiting.popleft()
            if not isinstance(prospect.decision, Send):
                self._keep(None, now)
                self.ending = Ending(delivery=prospect.delivery, result=prospect.decision, at=now)
            elif self._keep(prospect.delivery, now):
                self.ending = self._try(prospect, now)
                self._notice(self.ending.result, now)
        self._keep(None, self.clock())

    def _notice(self, result: object, now: datetime) -> None:
        """Stop when the provider does not answer, or twice in a row took what it did not acknowledge."""
        is_unknown = isinstance(result, SendFailed) and result.is_unknown
        self.unknown_in_a_row = self.unknown_in_a_row + 1 if is_unknown else 0
        if isinstance(result, SendFailed) and (result.is_down or self.unknown_in_a_row >= MOST_UNKNOWN_IN_A_ROW):
            self._give_back(SendFailed(result.detail, is_permanent=False), now)

    def _read_again(self, now: datetime) -> None:
        """Hold on to what is left and decide anew: meanwhile somebody may have ticked, or taken it over.

        A provider that has turned slow gets no more than fits its pace; the rest is for whoever is free.
        """
        self._keep(None, now)
        left = [prospect.delivery.pk for prospect in self.waiting]
        fits = chunk_after(self.settled, seconds=(now - self.began_at).total_seconds())
        chunk_give_back(self.lease, left[fits:])
        ours = chunk_renew(self.lease, left[:fits], now=now)
        fresh = {one.pk: one for one in outgoing(Delivery.objects.filter(pk__among=ours))}
        still = [fresh[pk] for pk in left if pk in fresh]
        self.waiting = deque(prospects_of(still, now=now))
        # What was read at last is used, however long that took: or a slow database would be read for ever.
        self.read_at, self.has_just_read = self.clock(), True

    def _keep(self, next_one: Outgoing | None, now: datetime) -> bool:
        """Keep how the last one ended, and mark the next one as begun; False when it is no longer ours."""
        ending, self.ending = self.ending, None
        if ending is not None and isinstance(ending.result, Receipt):
            silence_keep(ending)
            return sent_keep_and_begin(ending.delivery, ending.result, next_one, taken_at=ending.at, now=now)
        with transaction.atomic():
            if ending is not None:
                _kept(ending)
            return next_one is not None and begin(next_one, at=now)

    def _try(self, prospect: Prospect, now: datetime) -> Ending:
        delivery = prospect.delivery
        unresolved = None if delivery.begun_at == now else delivery.begun_at
        result = None if unresolved is None else self._found(prospect, unresolved, now)
        result = result or _handed_over(prospect, self.channel, now)
        self.settled += 1
        return Ending(
            delivery=delivery, result=result, at=self.clock(), unresolved=unresolved, silent_on=prospect.silent_on
        )

    def _found(self, prospect: Prospect, since: datetime, now: datetime) -> Receipt | SendFailed | None:
        """What the provider has of a try whose end nobody knows. Where it cannot tell, the next is marked a repeat."""
        try:
            return self.channel.find(message_for(prospect, now=now), since=since)
        except SendFailed as failure:
            return failure
        except Exception as error:
            if not isinstance(error, CannotTell):
                log.exception("delivery %s cannot be asked after", prospect.delivery.pk)
            prospect.delivery.is_possible_repeat = True
            Delivery.objects.filter(pk=prospect.delivery.pk).update(is_possible_repeat=True)
            return None

    def _give_back(self, failure: SendFailed, now: datetime) -> None:
        """The provider does not answer: what was to leave has failed with it, and need not wait for us."""
        self._keep(None, now)
        left, self.waiting = self.waiting, deque()
        ours = chunk_renew(self.lease, [prospect.delivery.pk for prospect in left], now=now)
        with transaction.atomic():
            for prospect in (one for one in left if one.delivery.pk in ours):
                delivery, decision = prospect.delivery, prospect.decision
                delivery.tries += isinstance(decision, Send)
                result = failure if isinstance(decision, Send) else decision
                _kept(Ending(delivery=delivery, result=result, at=now, unresolved=delivery.begun_at))

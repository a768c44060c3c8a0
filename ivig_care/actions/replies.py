"""Writes what comes back by text message: each once, answered in one short text that says nothing private."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ivig_care.accounts.models import ContactPoint, language_spoken
from ivig_care.actions.audit import audits_last
from ivig_care.actions.consents import AGREED_BY_TEXT
from ivig_care.actions.contact_points import STOP_BY_TEXT, contact_point_off, contact_point_on
from ivig_care.actions.links import BY_TEXT_MESSAGE, AnswerRefused, delivery_done, delivery_later, delivery_skip
from ivig_care.nudges.answering import asked_for, may_answer
from ivig_care.nudges.channels.gsm7 import segments, to_gsm7
from ivig_care.nudges.links import link_url
from ivig_care.nudges.models import Delivery, InboundMessage
from ivig_care.nudges.replies import is_spanish, is_stop_word, option_named, understand
from ivig_care.plans.models import Step
from ivig_care.regimen.steps import SkipReason

Kind = ContactPoint.Kind
Understood = InboundMessage.Understood

SNOOZE_MINUTES = 15
BY_TEXT = "answered 2 by text"
# What the provider says of a number whose owner has sent STOP to the provider itself.
STOPPED_AT_PROVIDER = "21610"
# A reply is about what was said lately.
MOST_LOOKED_AT = 20

NAME = "ivig_care:"
# What is sent back, each in one segment.
_OFF = gettext_lazy("text reminders to this number are off. Text START to switch them on again.")
_ON = gettext_lazy("text reminders to this number are on. Answer them with 1 done, 2 skip, 3 later. Text STOP to stop.")
_HELP = gettext_lazy(
    "reminders you asked for. Answer 1 done, 2 skip, 3 later. STOP ends them. Urgent? Call your clinic."
)
_STRANGER = gettext_lazy("this number is not set up for reminders here, so nothing was recorded.")
_NOTHING_OPEN = gettext_lazy("nothing waits for an answer right now, so nothing was recorded.")
_SEVERAL = gettext_lazy("more than one reminder is open, so nothing was recorded. Please say which one:")
_TWO_TIMES = gettext_lazy("one step is due and another not yet, so nothing was recorded. Please say which:")
_UNCLEAR = gettext_lazy("not understood, so nothing was recorded. Answer 1 done, 2 skip or 3 later, or open")
_NEEDS_REASON = gettext_lazy("not recorded yet: one step needs a reason first. Please open")
_NOT_LIKE_THAT = gettext_lazy("not recorded yet: one step cannot be recorded like that. Please open")
_NOT_SKIPPED = gettext_lazy("not recorded: one step cannot be skipped like that. Please open")
_NOT_OFF_BY_TEXT = gettext_lazy("this number was not switched off by text. Sign in to switch it on:")
_SPANISH = "es"


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What is sent back, and the message that was answered."""

    text: str
    delivery: Delivery | None = None


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """The message that a reply can only mean, or none; `newest` is where the person can say it without guessing."""

    delivery: Delivery | None = None
    steps: Sequence[Step] = ()
    newest: Delivery | None = None


def reply_take(*, provider_id: str, sender: str, body: str, now: datetime) -> InboundMessage:
    """Do what a text says, once however often it is handed in, and keep it with the answer to it."""
    known = InboundMessage.objects.filter(provider_id=provider_id).first()
    if known is not None:
        return known
    try:
        return _take(provider_id, sender, body, now)
    except IntegrityError:
        # Handed in twice at the same moment: the other one has done it.
        known = InboundMessage.objects.filter(provider_id=provider_id).first()
        if known is None:
            raise
        return known


@transaction.atomic
@audits_last()
def _take(provider_id: str, sender: str, body: str, now: datetime) -> InboundMessage:
    points = list(
        ContactPoint.objects.filter(kind=Kind.SMS, address=sender, verified_at__isnull=False)
        .select_related("user")
        .in_order()
    )
    kept = InboundMessage.objects.create(
        provider_id=provider_id,
        sender=sender,
        body=body,
        at=now,
        contact_point=points[0] if points else None,
        understood=understand(body),
    )
    with translation.override(_language(points, body)):
        answer = _answered(kept, points, now)
    kept.answer, kept.delivery = answer.text, answer.delivery
    if answer.delivery is not None:
        kept.contact_point = answer.delivery.contact_point
    kept.save(update_fields=["understood", "answer", "delivery", "contact_point"])
    return kept


def _language(points: Sequence[ContactPoint], body: str) -> str:
    """The language of whose number it is; of somebody who never chose one, the one that they wrote in."""
    chosen = {point.user.language for point in points}
    if len(chosen) == 1 and (language := chosen.pop()):
        return language_spoken(language)
    return _SPANISH if is_spanish(body) else settings.LANGUAGE_CODE


def _answered(kept: InboundMessage, points: Sequence[ContactPoint], now: datetime) -> _Answer:
    match kept.understood:
        case Understood.STOP:
            return _stopped(kept, now)
        case Understood.HELP:
            return _Answer(text=_said(_HELP))
        case _ if not points:
            return _Answer(text=_with_link(_STRANGER, settings.PUBLIC_URL))
        case Understood.START:
            return _started(points, now)
    asked = _asked(points, now)
    if kept.understood == Understood.UNCLEAR:
        kept.understood = option_named(kept.body, steps=len(asked.steps))
    if kept.understood == Understood.UNCLEAR:
        return _Answer(text=_with_link(_UNCLEAR, _link(asked.newest)), delivery=asked.newest)
    if asked.newest is None:
        return _Answer(text=_with_link(_NOTHING_OPEN, settings.PUBLIC_URL))
    if asked.delivery is None:
        return _Answer(text=_with_link(_SEVERAL, _link(asked.newest)))
    if kept.understood != Understood.LATER and _is_of_two_times(asked.steps, now):
        return _Answer(text=_with_link(_TWO_TIMES, _link(asked.newest)), delivery=asked.newest)
    match kept.understood:
        case Understood.DONE:
            return _done(asked.delivery, asked.steps, now)
        case Understood.SKIP:
            return _skipped(asked.delivery, asked.steps, now)
    return _later(asked.delivery, asked.steps, now)


def _asked(points: Sequence[ContactPoint], now: datetime) -> _Asked:
    """Which message a reply from this number answers: the newest that still has open steps, if no other could be meant.

    It could be another when several people share the number, when the steps are of several children, or when another
    message that nobody has answered has steps which the newest has not.
    """
    people = {point.user_id for point in points}
    sent = Delivery.objects.filter(person__in=people, contact_point__in=points, status=Delivery.Status.SENT)
    # What the clinic is told asks for no answer by text.
    sent = sent.filter(purpose=Delivery.Purpose.NUDGE)
    newest_first = sent.select_related("person", "contact_point", "infusion__plan__child").order_by("-sent_at", "-pk")
    told = [
        (delivery, asked_for(delivery, now))
        for delivery in newest_first.filter(steps__isnull=False).distinct()[:MOST_LOOKED_AT]
        if may_answer(delivery, now)
    ]
    found = [(delivery, steps) for delivery, steps in told if steps]
    if not found:
        return _Asked()
    if not told[0][1]:
        # The last that was said is answered already: whoever means it must not answer an older one.
        return _Asked(newest=found[0][0])
    newest, steps = found[0]
    others = {step.pk for delivery, more in found[1:] if delivery.answered_at is None for step in more}
    is_shared = len(people) > 1
    children = {step.infusion.plan.child_id for _, some in found for step in some}
    if is_shared or len(children) > 1 or not others <= {step.pk for step in steps}:
        return _Asked(newest=newest)
    return _Asked(delivery=newest, steps=steps, newest=newest)


def _is_of_two_times(steps: Sequence[Step], now: datetime) -> bool:
    """Whether some of these are due and others not yet: nobody can tell which of them an answer is about."""
    return len({step.due_at <= now for step in steps}) > 1


def _done(delivery: Delivery, steps: Sequence[Step], now: datetime) -> _Answer:
    try:
        delivery_done(delivery=delivery, steps=steps, at=now, now=now, how=BY_TEXT_MESSAGE)
    except AnswerRefused as refused:
        why = _NEEDS_REASON if refused.needs_reason else _NOT_LIKE_THAT
        return _Answer(text=_with_link(why, link_url(delivery.pk)), delivery=delivery)
    words = ngettext(
        "recorded as done now: %(count)s step. Thank you. Wrong? Undo here:",
        "recorded as done now: %(count)s steps. Thank you. Wrong? Undo here:",
        len(steps),
    ) % {"count": len(steps)}
    return _Answer(text=_with_link(words, link_url(delivery.pk)), delivery=delivery)


def _skipped(delivery: Delivery, steps: Sequence[Step], now: datetime) -> _Answer:
    try:
        delivery_skip(
            delivery=delivery, steps=steps, reason=SkipReason.OTHER, note=BY_TEXT, now=now, how=BY_TEXT_MESSAGE
        )
    except AnswerRefused:
        return _Answer(text=_with_link(_NOT_SKIPPED, link_url(delivery.pk)), delivery=delivery)
    words = ngettext(
        "recorded as skipped: %(count)s step. Say why, or undo, here:",
        "recorded as skipped: %(count)s steps. Say why, or undo, here:",
        len(steps),
    ) % {"count": len(steps)}
    return _Answer(text=_with_link(words, link_url(delivery.pk)), delivery=delivery)


def _later(delivery: Delivery, steps: Sequence[Step], now: datetime) -> _Answer:
    waiting, refusals = delivery_later(
        delivery=delivery, steps=steps, minutes=SNOOZE_MINUTES, now=now, how=BY_TEXT_MESSAGE
    )
    if not refusals:
        words = _("OK, we remind you again in %(minutes)s min.") % {"minutes": SNOOZE_MINUTES}
        return _Answer(text=_said(words), delivery=delivery)
    words = ngettext(
        "%(count)s step cannot wait. Please open", "%(count)s steps cannot wait. Please open", len(refusals)
    ) % {"count": len(refusals)}
    if waiting:
        again = _("we remind you of %(count)s in %(minutes)s min;")
        words = f"{again % {'count': len(waiting), 'minutes': SNOOZE_MINUTES}} {words}"
    return _Answer(text=_with_link(words, link_url(delivery.pk)), delivery=delivery)


def _stopped(kept: InboundMessage, now: datetime) -> _Answer:
    """Whoever has the number may stop what comes to it, also before they proved that it is theirs."""
    for point in ContactPoint.objects.filter(kind=Kind.SMS, address=kept.sender).in_order():
        contact_point_off(contact_point=point, reason=STOP_BY_TEXT, now=now, is_withdrawn=True)
    return _Answer(text="" if is_stop_word(kept.body) else _said(_OFF))


def _started(points: Sequence[ContactPoint], now: datetime) -> _Answer:
    for point in points:
        if _is_stopped_by_text(point):
            contact_point_on(contact_point=point, now=now, words=AGREED_BY_TEXT)
    if ContactPoint.objects.usable().filter(pk__in=[point.pk for point in points]).exists():
        return _Answer(text=_said(_ON))
    return _Answer(text=_with_link(_NOT_OFF_BY_TEXT, f"{settings.PUBLIC_URL}/reach/"))


def _is_stopped_by_text(point: ContactPoint) -> bool:
    is_stopped = point.disabled_reason == STOP_BY_TEXT or STOPPED_AT_PROVIDER in point.disabled_reason
    return point.disabled_at is not None and is_stopped


def _link(delivery: Delivery | None) -> str:
    return settings.PUBLIC_URL if delivery is None else link_url(delivery.pk)


def _said(words: str | Promise) -> str:
    """The words under our name, in the alphabet of text messages."""
    return to_gsm7(f"{NAME} {words}")


def _with_link(words: str | Promise, url: str) -> str:
    """The words with the link, in one segment; without it where the site's name is too long for that."""
    text = f"{_said(words)} {url}"
    if segments(text) == 1:
        return text
    return _said(_("%(words)s the last reminder.") % {"words": str(words).removesuffix(":")})

"""Writes how people are reached: added, proved with a code, put in order, tested, switched off and on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.audit import Verb, audit_note
from ivig_care.actions.consents import AGREE, AGREED_AT_SETUP, consent_end, consent_note
from ivig_care.actions.errors import Refused
from ivig_care.actions.mailing import occasions_free
from ivig_care.actions.notices import channel_off_tell
from ivig_care.care_teams.models import Clinic, Consent
from ivig_care.nudges.codes import code_at, code_fits, code_hash
from ivig_care.nudges.models import Delivery
from ivig_care.regimen.nudging import QUIET

CODE_LASTS = timedelta(minutes=10)
MOST_CODE_TRIES = 5
# Codes cost money and land in strangers' hands: not faster than this, and not more than so many in an hour.
CODE_PAUSE = timedelta(minutes=1)
MOST_CODES_IN_HOUR = 5
TEST_LASTS = timedelta(minutes=10)
MOST_CONTACT_POINTS = 10

STOP_BY_TEXT = "STOP by text"
STOP_BY_LINK = "switched off from a message"
STOP_IN_APP = "switched off here"
_HOW = {STOP_BY_TEXT: "by text message", STOP_BY_LINK: "by link"}

Kind = ContactPoint.Kind
Purpose = Delivery.Purpose


@transaction.atomic
def contact_point_add(*, person: User, kind: str, address: str, now: datetime) -> ContactPoint:
    """An address that the person agreed to be reached at, not yet proved to be theirs; a code is on its way to it.

    Raises Refused for what cannot be an address, for one that is there already, and when codes are asked for too fast.
    """
    address = number_read(address, country=_country_of(person)) if kind == Kind.SMS else _email_read(address)
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    held = ContactPoint.objects.filter(user=person)
    point = held.filter(kind=kind, address__iexact=address).first()
    if point is not None and point.verified_at is not None:
        raise Refused(gettext("%(address)s is in your list already.") % {"address": address})
    if point is None:
        _check_room(person)
        point = ContactPoint.objects.create(user=person, kind=kind, address=address, rank=_last_rank(person))
    ContactPoint.objects.filter(pk=point.pk).update(consented_at=now, disabled_at=None, disabled_reason="")
    point = _code_send(point, now=now)
    _agreed(point, words=AGREE, now=now)
    return point


@transaction.atomic
def contact_point_code_send(*, contact_point: ContactPoint, now: datetime) -> ContactPoint:
    """Send another code; the one before it no longer works. Raises Refused."""
    User.objects.select_for_update(no_key=True).get(pk=contact_point.user_id)
    point = ContactPoint.objects.select_for_update().get(pk=contact_point.pk)
    if point.verified_at is not None:
        raise Refused(gettext("This address is proved already."))
    return _code_send(point, now=now)


def contact_point_verify(*, contact_point: ContactPoint, code: str, now: datetime) -> ContactPoint:
    """Record that the code reached the person. Every try is counted, whether or not it is right. Raises Refused."""
    point = _try_counted(contact_point, now)
    if not code_fits(point, code):
        left = MOST_CODE_TRIES - point.code_tries
        raise Refused(_wrong_code(left))
    return _verified(point, now)


@transaction.atomic
def contact_point_agree(
    *, person: User, kind: str, address: str, at: datetime, words: str | Promise = AGREED_AT_SETUP
) -> ContactPoint:
    """Record that a person agreed at `at`, in these words, to be nudged there, and that the address is theirs.

    Raises Refused for a number or an address that cannot be one.
    """
    point, _ = ContactPoint.objects.update_or_create(
        user=person,
        kind=kind,
        address=number_read(address) if kind == Kind.SMS else address,
        defaults={"verified_at": at, "consented_at": at, "disabled_at": None, "disabled_reason": ""},
    )
    _agreed(point, words=words, now=at)
    return point


@transaction.atomic
def browser_add(
    *, person: User, endpoint: str, push_key: str, push_secret: str, label: str, now: datetime
) -> ContactPoint:
    """A browser whose owner allowed notifications: that it could say where they go proves that it is theirs.

    Raises Refused when there are too many.
    """
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    held = ContactPoint.objects.filter(user=person, kind=Kind.PUSH, address=endpoint).first()
    if held is None:
        _check_room(person)
        held = ContactPoint(user=person, kind=Kind.PUSH, address=endpoint, rank=_last_rank(person))
    held.push_key, held.push_secret, held.label = push_key, push_secret, label[:60]
    held.verified_at = held.consented_at = now
    held.disabled_at, held.disabled_reason = None, ""
    held.save()
    _agreed(held, words=AGREE, now=now)
    return held


@transaction.atomic
def contact_point_off(*, contact_point: ContactPoint, reason: str, now: datetime, is_withdrawn: bool = False) -> bool:
    """Send nothing there any more, and tell the rest of the family once; False when it was off before.

    Of an address that was never proved nobody hears. `is_withdrawn`: the person said so, and did not only stop
    answering; then what they agreed to is withdrawn too, and the log says so.
    """
    is_new = _switch_off(contact_point, reason=reason, now=now, is_withdrawn=is_withdrawn)
    if is_new and contact_point.verified_at is not None:
        channel_off_tell(contact_point, now=now)
    if is_withdrawn:
        _withdrawn(contact_point, is_new=is_new, how=_HOW.get(reason, ""), now=now)
    return is_new


@transaction.atomic
def contact_point_switch_off(*, contact_point: ContactPoint, now: datetime) -> bool:
    """The same, by choice, in the app: the family is told only when the person cannot be reached at all any more."""
    is_new = _switch_off(contact_point, reason=STOP_IN_APP, now=now, is_withdrawn=True)
    if is_new and not ContactPoint.objects.usable().filter(user=contact_point.user_id).exists():
        channel_off_tell(contact_point, now=now)
    _withdrawn(contact_point, is_new=is_new, how="", now=now)
    return is_new


@transaction.atomic
def contact_point_on(*, contact_point: ContactPoint, now: datetime, words: str | Promise = AGREE) -> None:
    """Use a proved address again: the person agrees anew, in these words. Raises Refused."""
    proved = ContactPoint.objects.filter(pk=contact_point.pk, verified_at__isnull=False)
    if proved.update(disabled_at=None, disabled_reason="", consented_at=now) != 1:
        raise Refused(gettext("This address is not proved to be yours yet. Enter the code first."))
    _agreed(contact_point, words=words, now=now)


@transaction.atomic
def contact_point_move(*, contact_point: ContactPoint, is_up: bool) -> None:
    """Try it one place earlier, or later; at the end of the list nothing changes."""
    User.objects.select_for_update(no_key=True).get(pk=contact_point.user_id)
    keys = list(ContactPoint.objects.filter(user=contact_point.user_id).in_order().values_list("pk", flat=True))
    here = keys.index(contact_point.pk)
    there = here - 1 if is_up else here + 1
    if 0 <= there < len(keys):
        keys[here], keys[there] = keys[there], keys[here]
    _ranks_write(keys)


def contact_point_test(*, contact_point: ContactPoint, now: datetime) -> Delivery:
    """Send a test to exactly this address. Raises Refused when it is off, or one was asked for this minute."""
    if not contact_point.is_usable:
        raise Refused(gettext("Switch it on first. Nothing is sent to what is off."))
    delivery, is_new = Delivery.objects.get_or_create(
        person_id=contact_point.user_id,
        occasion=_occasion(Purpose.TEST, contact_point.pk, now),
        defaults=_straight_to(contact_point, Purpose.TEST, now=now, until=now + TEST_LASTS)
        | {"link_until": now + TEST_LASTS},
    )
    if not is_new:
        raise Refused(gettext("A test is on its way already. Give it a minute."))
    return delivery


@transaction.atomic
def quiet_hours_set(
    *, person: User, quiet_from: time | None, quiet_until: time | None, now: datetime, zone: str = ""
) -> None:
    """When the person is left in peace, on their own wall clock; two Nones for never. What is held is decided anew.

    `zone` is where that clock hangs; empty for where it does already.
    """
    hours = {"quiet_from": quiet_from, "quiet_until": quiet_until, **({"zone": zone} if zone else {})}
    NudgePreference.objects.update_or_create(user=person, defaults=hours, create_defaults={"zone": "UTC", **hours})
    held = Delivery.objects.pending().filter(person=person, reason=QUIET, next_attempt_at__gt=now)
    held.update(next_attempt_at=now, owed_at=now)
    audit_note(verb=Verb.CHANGED, about="quiet hours", by=person, now=now, person=person)


@transaction.atomic
def links_revoke(*, person: User, now: datetime) -> None:
    """Make every link in messages that were sent to the person until now worthless."""
    NudgePreference.objects.update_or_create(
        user=person, defaults={"links_valid_from": now}, create_defaults={"links_valid_from": now, "zone": "UTC"}
    )
    audit_note(verb=Verb.ENDED, about="links", by=person, now=now, person=person)


def number_read(text: str, *, country: str | None = None) -> str:
    """A phone number in E.164; `country` is where one without its country is dialled. Raises Refused."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise Refused(
            gettext("“%(text)s” is not a phone number. Write it with its country, such as +1 212 555 0147.")
            % {"text": text}
        ) from error
    if not phonenumbers.is_possible_number(number):
        raise Refused(gettext("“%(text)s” cannot be a phone number: it is too short or too long.") % {"text": text})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _country_of(person: User) -> str | None:
    """The country of a clinic that looks after a child of this person, or where they work, as phone books have it."""
    mine = Clinic.objects.filter(Q(children__memberships__user=person) | Q(memberships__user=person))
    country = mine.order_by("pk").values_list("country", flat=True).first()
    return {"UK": "GB"}.get(country, country) if country else None


def _email_read(text: str) -> str:
    try:
        validate_email(text.strip())
    except ValidationError as error:
        raise Refused(gettext("“%(text)s” is not an e-mail address.") % {"text": text}) from error
    return text.strip()


def _check_room(person: User) -> None:
    if ContactPoint.objects.kept().filter(user=person).count() >= MOST_CONTACT_POINTS:
        raise Refused(
            gettext("You have %(most_contact_points)s ways to be reached already. That is the most we keep.")
            % {"most_contact_points": MOST_CONTACT_POINTS}
        )


def _last_rank(person: User) -> int:
    last = ContactPoint.objects.filter(user=person).aggregate(last=Max("rank"))["last"]
    return 0 if last is None else min(last + 1, 32_000)


def _ranks_write(keys: Sequence[int]) -> None:
    for rank, key in enumerate(keys):
        ContactPoint.objects.filter(pk=key).update(rank=rank)


def _switch_off(contact_point: ContactPoint, *, reason: str, now: datetime, is_withdrawn: bool) -> bool:
    off: dict[str, object] = {"disabled_at": now, "disabled_reason": reason[:200]}
    if is_withdrawn:
        off["consented_at"] = None
    standing = ContactPoint.objects.filter(pk=contact_point.pk, disabled_at__isnull=True)
    is_new = standing.update(**off) == 1
    if is_new:
        contact_point.refresh_from_db()
        # What waits to go there goes another way, or is seen to go nowhere, at once and not when it was to leave.
        waiting = Delivery.objects.pending().filter(person=contact_point.user_id, contact_point=contact_point)
        waiting.filter(next_attempt_at__gt=now).update(next_attempt_at=now)
    return is_new


def _wrong_code(left: int) -> str:
    if not left:
        return gettext("That is not the code we sent. Ask for a new code.")
    words = ngettext(
        "That is not the code we sent. You can try %(count)s more time.",
        "That is not the code we sent. You can try %(count)s more times.",
        left,
    )
    return words % {"count": left}


def _agreed(point: ContactPoint, *, words: str | Promise, now: datetime) -> None:
    consent_note(person=point.user, purpose=Consent.Purpose.REMIND, words=str(words), now=now, contact_point=point)
    kind = Kind(point.kind).label
    audit_note(verb=Verb.AGREED, about=point, by=point.user, now=now, person=point.user, detail=kind)


def _withdrawn(point: ContactPoint, *, is_new: bool, how: str, now: datetime) -> None:
    """What the person agreed to for this way ends, if it stood; whoever has the number may do that without a name."""
    ended = consent_end(person=point.user, purpose=Consent.Purpose.REMIND, now=now, contact_point=point)
    if not (ended or is_new):
        return
    by = None if how == _HOW[STOP_BY_TEXT] and point.verified_at is None else point.user
    kind = Kind(point.kind).label
    detail = format_lazy("{kind}, {how}", kind=kind, how=how) if how else kind
    audit_note(verb=Verb.WITHDREW, about=point, by=by, now=now, person=point.user, detail=detail)


@transaction.atomic
def _verified(point: ContactPoint, now: datetime) -> ContactPoint:
    point.verified_at, point.code_hash = now, ""
    point.save(update_fields=["verified_at", "code_hash"])
    detail = Kind(point.kind).label
    audit_note(verb=Verb.RECORDED, about=point, by=point.user, now=now, person=point.user, detail=f"proved, {detail}")
    return point


def _code_send(point: ContactPoint, *, now: datetime) -> ContactPoint:
    if point.code_sent_at is not None and now - point.code_sent_at < CODE_PAUSE:
        raise Refused(gettext("A code was sent a moment ago. Give it a minute, then ask again."))
    asked = Delivery.objects.filter(person=point.user_id, purpose=Purpose.CODE, created_at__gt=now - timedelta(hours=1))
    if asked.count() >= MOST_CODES_IN_HOUR:
        raise Refused(gettext("You have asked for many codes in an hour. Try again later."))
    point.code_sent_at, point.code_tries = now, 0
    point.code_hash = code_hash(point.pk, code_at(point.pk, now))
    point.save(update_fields=["code_sent_at", "code_tries", "code_hash"])
    # A code that still waits would be rendered as the new one: one message is enough.
    waiting = Delivery.objects.pending().filter(person=point.user_id, contact_point=point, purpose=Purpose.CODE)
    occasions_free(waiting, status=Delivery.Status.DROPPED, reason="a newer code was asked for")
    Delivery.objects.create(
        person_id=point.user_id,
        occasion=_occasion(Purpose.CODE, point.pk, now),
        **_straight_to(point, Purpose.CODE, now=now, until=now + CODE_LASTS),
    )
    return ContactPoint.objects.get(pk=point.pk)


@transaction.atomic
def _try_counted(contact_point: ContactPoint, now: datetime) -> ContactPoint:
    """The contact point with one more try counted. Raises Refused when no try is left, or the code is too old."""
    point = ContactPoint.objects.select_for_update().get(pk=contact_point.pk)
    if point.verified_at is not None:
        raise Refused(gettext("This address is proved already."))
    if point.code_sent_at is None or now - point.code_sent_at >= CODE_LASTS:
        raise Refused(gettext("That code is too old. Ask for a new one."))
    if point.code_tries >= MOST_CODE_TRIES:
        raise Refused(gettext("You have tried too many times. Ask for a new code."))
    ContactPoint.objects.filter(pk=point.pk).update(code_tries=F("code_tries") + 1)
    point.code_tries += 1
    return point


def _occasion(purpose: str, key: int, now: datetime) -> str:
    return f"{purpose} {key} {now.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _straight_to(point: ContactPoint, purpose: str, *, now: datetime, until: datetime) -> dict[str, object]:
    """The values of a delivery that goes to this address and to no other."""
    return {
        "contact_point": point,
        "kind": point.kind,
        "purpose": purpose,
        "created_at": now,
        "owed_at": now,
        "expires_at": until,
        "next_attempt_at": now,
    }

"""Writes that a child's record is erased: asked, agreed to by every guardian, and done after a while.

What a clinic must keep by law stays with that clinic alone. The log stays in any case: it holds no health data.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note, audits_last
from ivig_care.actions.errors import Refused
from ivig_care.actions.sent_entries import sent_entries_forget
from ivig_care.care_teams.access import Right, may
from ivig_care.care_teams.models import (
    AuditEvent,
    Child,
    Clinic,
    ClinicLink,
    Erasure,
    ErasureAgreement,
    Membership,
    Role,
)
from ivig_care.common.append_only import erasing_begin
from ivig_care.nudges.links import delivery_id_of
from ivig_care.nudges.models import Delivery, DeliveryStep, InboundMessage, OutboxMessage
from ivig_care.plans.models import Dose, Infusion, Plan, Step
from ivig_care.reviews.keeping import clinics_keeping
from ivig_care.reviews.models import Review

log = logging.getLogger(__name__)
# Who a guest was is nobody's business any more; that it was a guest is part of the record.
GUEST = "Guest"
_LINK = re.compile(r"/n/([^/\s]+)/")


@transaction.atomic
def erasure_ask(*, child: Child, by: User, now: datetime) -> Erasure:
    """A guardian asks to have the record erased, or agrees with whoever asked before. Raises Refused."""
    _check_guardian(child, by)
    Child.objects.select_for_update(no_key=True).get(pk=child.pk)
    erasure = Erasure.objects.open().filter(child=child).first()
    if erasure is not None:
        return _agree(erasure, by=by, now=now)
    erasure = Erasure.objects.create(child=child, asked_by=by, asked_at=now)
    ErasureAgreement.objects.create(erasure=erasure, guardian=by, at=now)
    _settle(erasure, now)
    audit_note(verb=Verb.CHANGED, about=erasure, by=by, now=now, child=child)
    return erasure


@transaction.atomic
def erasure_agree(*, child: Child, by: User, now: datetime) -> Erasure:
    """Another guardian agrees; with the last of them the waiting begins. A second time changes nothing.

    Raises Refused when nobody asks any more.
    """
    _check_guardian(child, by)
    return _agree(_open_held(child), by=by, now=now)


@transaction.atomic
def erasure_take_back(*, child: Child, by: User, now: datetime) -> Erasure:
    """Any guardian says no, before or while it waits: nothing is erased. Raises Refused when nobody asks any more."""
    _check_guardian(child, by)
    erasure = _open_held(child)
    erasure.taken_back_at, erasure.taken_back_by = now, by
    erasure.save(update_fields=["taken_back_at", "taken_back_by"])
    audit_note(verb=Verb.WITHDREW, about=erasure, by=by, now=now, child=child)
    return erasure


def erasures_do(*, now: datetime) -> int:
    """Erase every record whose waiting is over, one in each transaction; how many. Again it does nothing."""
    waiting = list(Erasure.objects.open().order_by("pk").values_list("pk", flat=True))
    return sum(_done(pk, now) for pk in waiting)


def _done(erasure_id: int, now: datetime) -> bool:
    """The same for one record; trouble with it is looked at by whoever runs the site, and holds up no other."""
    try:
        return _do(erasure_id, now)
    except Exception:
        log.exception("erasure %s was not done", erasure_id)
        return False


@transaction.atomic
@audits_last()
def record_erase(*, child: Child, now: datetime) -> bool:
    """Erase everything about a child but the log of it; False while one of its messages is just leaving."""
    if not _held_still(child):
        return False
    key, guardians = child.pk, list(guardians_of(child))
    _family_gone(child, keeping=[])
    child.doses.all().delete()
    _plans_gone(Plan.objects.filter(child=child))
    child.delete()
    # The log names it still.
    child.pk = key
    _note(child, guardians, now)
    return True


def _note(child: Child, guardians: list[User], now: datetime, *, detail: str = "") -> None:
    """In the child's log, and in that of everybody who can no longer read it."""
    audit_note(verb=Verb.ERASED, about="record", by=None, now=now, child=child, detail=detail)
    for guardian in guardians:
        audit_note(verb=Verb.ERASED, about="record", by=None, now=now, person=guardian, detail=detail)


def guardians_of(child: Child) -> QuerySet[User]:
    """Everybody who must agree."""
    places = Membership.objects.filter(child=child, role=Role.GUARDIAN, user__is_active=True)
    return User.objects.filter(pk__in=places.values("user")).order_by("name", "pk")


def _check_guardian(child: Child, by: User) -> None:
    if not may(by, Right.CONSENT, child):
        raise Refused(gettext("Only a guardian can have a record erased."))


def _open_held(child: Child) -> Erasure:
    Child.objects.select_for_update(no_key=True).get(pk=child.pk)
    erasure = Erasure.objects.open().filter(child=child).first()
    if erasure is None:
        raise Refused(gettext("Nobody asks to have this record erased any more."))
    return erasure


def _agree(erasure: Erasure, *, by: User, now: datetime) -> Erasure:
    _, is_new = ErasureAgreement.objects.get_or_create(erasure=erasure, guardian=by, defaults={"at": now})
    if is_new:
        _settle(erasure, now)
        audit_note(verb=Verb.AGREED, about=erasure, by=by, now=now, child=erasure.child)
    return erasure


def _settle(erasure: Erasure, now: datetime) -> None:
    """Say when it is due: while every guardian agrees, the time at which the last of them did, and the waiting."""
    guardians = set(guardians_of(erasure.child).values_list("pk", flat=True))
    agreed = set(erasure.agreements.values_list("guardian", flat=True))
    if not guardians or not guardians <= agreed:
        erasure.due_at = None
    elif erasure.due_at is None:
        erasure.due_at = now + timedelta(days=settings.ERASE_AFTER_DAYS)
    erasure.save(update_fields=["due_at"])


@transaction.atomic
@audits_last()
def _do(erasure_id: int, now: datetime) -> bool:
    erasure = Erasure.objects.open().select_related("child__clinic").filter(pk=erasure_id).first()
    if erasure is None:
        return False
    child = Child.objects.select_for_update(no_key=True).get(pk=erasure.child_id)
    # Taken back meanwhile, or joined by a guardian who was not asked yet.
    erasure = Erasure.objects.open().select_related("child__clinic").filter(pk=erasure_id).first()
    if erasure is None:
        return False
    _settle(erasure, now)
    if erasure.due_at is None or erasure.due_at > now:
        return False
    keeping = clinics_keeping(child)
    return _keep_for(erasure, keeping, now) if keeping else record_erase(child=child, now=now)


def _keep_for(erasure: Erasure, keeping: list[Clinic], now: datetime) -> bool:
    """Everything goes but what these clinics wrote and must keep: plans, days, steps, doses, reviews."""
    child = erasure.child
    if not _held_still(child):
        return False
    guardians = list(guardians_of(child))
    _family_gone(child, keeping=keeping)
    _plans_gone(Plan.objects.filter(child=child, activated_at__isnull=True))
    for clinic in keeping:
        # Whoever must keep a record can read it, also when the family had stopped sharing before.
        if not ClinicLink.objects.standing().filter(child=child, clinic=clinic).exists():
            ClinicLink.objects.create(child=child, clinic=clinic, offered_at=now)
    # Nobody is told of anything any more.
    Step.objects.filter(infusion__plan__child=child).update(next_nudge_at=None)
    Infusion.objects.filter(plan__child=child).update(next_briefing_at=None)
    erasure.done_at = now
    erasure.save(update_fields=["done_at"])
    names = " and ".join(clinic.name for clinic in keeping)
    _note(child, guardians, now, detail=f"but for what {names} must keep")
    return True


def _held_still(child: Child) -> bool:
    """Hold every checklist of the child, as ticks do; False while a message about it is in somebody's hands."""
    erasing_begin()
    list(Infusion.objects.select_for_update().filter(plan__child=child).order_by("pk"))
    return not _deliveries(child).filter(status=Delivery.Status.SENDING).exists()


def _family_gone(child: Child, *, keeping: list[Clinic]) -> None:
    _messages_gone(child)
    sent_entries_forget(child)
    # By the log: the links themselves are forgotten earlier.
    guests = AuditEvent.objects.filter(subject=f"child {child.pk}", actor__is_guest=True).order_by().values("actor")
    User.objects.filter(pk__in=guests, is_guest=True).update(name=GUEST)
    for rows in (child.guest_links, child.invitations, child.duties, child.consents, child.memberships, child.cups):
        rows.all().delete()
    child.clinic_links.exclude(clinic__in=keeping).delete()


def _deliveries(child: Child) -> QuerySet[Delivery]:
    own = Delivery.objects.filter(infusion__plan__child=child).values("pk")
    spoken = Delivery.objects.filter(steps__infusion__plan__child=child).values("pk")
    return Delivery.objects.filter(pk__in=own) | Delivery.objects.filter(pk__in=spoken)


def _messages_gone(child: Child) -> None:
    """Every message about the child, with what came back; one about other children too speaks of them alone."""
    about = set(_deliveries(child).values_list("pk", flat=True))
    of_others = DeliveryStep.objects.filter(delivery__in=about).exclude(step__infusion__plan__child=child)
    shared = set(of_others.values_list("delivery", flat=True))
    DeliveryStep.objects.filter(delivery__in=shared, step__infusion__plan__child=child).delete()
    Delivery.objects.filter(pk__in=shared, infusion__plan__child=child).update(infusion=None)
    messages_remove(about - shared)


def messages_remove(keys: set[int]) -> None:
    """Remove these deliveries, the replies to them, and what the outbox shows of them."""
    InboundMessage.objects.filter(delivery__in=keys).delete()
    Delivery.objects.filter(pk__in=keys).delete()
    shown = OutboxMessage.objects.filter(body__contains="/n/").values_list("pk", "body")
    gone = [pk for pk, body in shown.iterator() if any(delivery_id_of(one) in keys for one in _LINK.findall(body))]
    OutboxMessage.objects.filter(pk__in=gone).delete()


def _plans_gone(plans: QuerySet[Plan]) -> None:
    infusions = Infusion.objects.filter(plan__in=plans)
    Dose.objects.filter(step__infusion__in=infusions).delete()
    Review.objects.filter(infusion__in=infusions).delete()
    infusions.delete()
    plans.delete()

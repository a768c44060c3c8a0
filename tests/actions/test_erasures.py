"""Erasing a record: every guardian agrees, any takes it back, and then it goes, but for what a clinic must keep."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.conf import LazySettings

from ivig_care.accounts.models import User
from ivig_care.actions import erasures
from ivig_care.actions.audit import chain_break
from ivig_care.actions.care_teams import clinic_link_agree, clinic_link_withdraw
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.consents import consent_note
from ivig_care.actions.duties import duty_take
from ivig_care.actions.erasures import erasure_agree, erasure_ask, erasure_take_back, erasures_do
from ivig_care.actions.errors import RecordErased, Refused
from ivig_care.actions.guests import guest_link_bind, guest_link_make
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.actions.invitations import invitation_make
from ivig_care.actions.retention import retention_do
from ivig_care.actions.reviews import review_amend, review_sign
from ivig_care.actions.steps import step_note, step_tick
from ivig_care.care_teams.access import children_of
from ivig_care.care_teams.models import (
    AuditEvent,
    Child,
    ClinicLink,
    Consent,
    Erasure,
    Invitation,
    Membership,
    Role,
)
from ivig_care.nudges.links import link_url
from ivig_care.nudges.models import Delivery, DeliveryStep, InboundMessage, OutboxMessage
from ivig_care.plans.models import Dose, Infusion, Plan, Step, StepEvent
from ivig_care.reviews.keeping import clinics_keeping
from ivig_care.reviews.models import Review, ReviewAmendment
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.exchange.test_archive import _hangs_on_child
from tests.factories import MembershipFactory, UserFactory, active_infusion, drafted_plan
from tests.web.messages import premedication, sent

DAY = timedelta(days=1)
LATER = STARTS_AT + 21 * DAY
DUE = LATER + 14 * DAY


@pytest.fixture
def paula(people: People) -> User:
    """Lena's other guardian."""
    person = UserFactory.create(name="Paula", email="paula@example.org")
    MembershipFactory.create(user=person, child=people.lena, role=Role.GUARDIAN)
    return person


@pytest.fixture
def lived(infusion: Infusion, people: People) -> Infusion:
    """Lena's infusion, signed, with something of everything; and a message that is about Kai too."""
    maria, sam, lena = people.maria, people.sam, people.lena
    tylenol, benadryl = premedication(infusion)
    step_tick(step=tylenol, by=maria, at=STARTS_AT, now=STARTS_AT)
    step_note(step=benadryl, by=sam, note="A note.", now=STARTS_AT)
    infusion_day_start(day=infusion.days.get(number=1), by=maria, at=STARTS_AT, now=STARTS_AT)
    duty_take(child=lena, user=sam, by=maria, now=STARTS_AT)
    invitation_make(role=Role.VIEWER, by=maria, now=STARTS_AT, child=lena, name="Nana")
    link, _ = guest_link_make(
        infusion=infusion, by=maria, label="Nana", until=STARTS_AT + DAY, may_record=True, now=STARTS_AT
    )
    guest_link_bind(link=link, name="Nan", now=STARTS_AT)
    clinic_link_agree(child=lena, clinic=people.hillside, by=maria, now=STARTS_AT)
    purpose = Consent.Purpose.SHARE
    consent_note(person=maria, purpose=purpose, words="Yes.", now=STARTS_AT, child=lena, clinic=people.riverside)
    kai = active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=ACTIVATED_AT)
    sent(infusion, maria, [tylenol, premedication(kai)[0]], occasion="both")
    only = sent(infusion, sam, [benadryl], occasion="only")
    InboundMessage.objects.create(
        provider_id="1", sender="+1", body="1", at=STARTS_AT, understood="done", delivery=only
    )
    OutboxMessage.objects.create(kind="sms", to="+1", body=f"ivig_care: {link_url(only.pk)}", at=STARTS_AT)
    OutboxMessage.objects.create(kind="sms", to="+1", body="ivig_care: a code", at=STARTS_AT)
    checklists_close(now=LATER)
    review = review_sign(
        review=Review.objects.get(infusion=infusion), by=people.weiss, note="Good.", next_time="", at=LATER
    )
    review_amend(review=review, by=people.weiss, note="More.", at=LATER)
    return infusion


def of_child(child: Child) -> dict[str, int]:
    """How many rows of each kind hang on a child."""
    paths = {
        "care_teams.Child": "pk", "plans.PlanRate": "plan__child", "plans.PlanMedicine": "plan__child",
        "plans.Infusion": "plan__child", "plans.InfusionDay": "infusion__plan__child",
        "plans.InfusionDayEvent": "day__infusion__plan__child", "plans.Step": "infusion__plan__child",
        "plans.StepEvent": "step__infusion__plan__child", "reviews.Review": "infusion__plan__child",
        "reviews.ReviewAmendment": "review__infusion__plan__child", "nudges.Delivery": "infusion__plan__child",
        "nudges.DeliveryStep": "step__infusion__plan__child",
        "nudges.DeliveryAttempt": "delivery__infusion__plan__child",
        "nudges.InboundMessage": "delivery__infusion__plan__child", "care_teams.ErasureAgreement": "erasure__child",
        "plans.RateEntry": "day__infusion__plan__child", "plans.ProductLot": "day__infusion__plan__child",
        "plans.BriefingAnswer": "day__infusion__plan__child", "diary.FluidEntry": "infusion__plan__child",
        "diary.SymptomReport": "infusion__plan__child", "diary.SymptomNamed": "report__infusion__plan__child",
        "diary.TemperatureReading": "report__infusion__plan__child", "reviews.Concern": "infusion__plan__child",
        "plans.ChangesSeen": "infusion__plan__child", "reviews.ConcernAnswer": "concern__infusion__plan__child",
    }  # fmt: skip
    found = {}
    for label in sorted(_hangs_on_child()):
        rows = apps.get_model(label)._default_manager.filter(**{paths.get(label, "child"): child.pk})
        found[label.split(".")[1]] = rows.count()
    return {name: count for name, count in found.items() if count}


# --- asking ------------------------------------------------------------------------------------


def test_one_guardian_alone_waits_and_then_it_is_done(people: People) -> None:
    erasure = erasure_ask(child=people.kai, by=people.tom, now=LATER)
    assert erasure.due_at == DUE
    assert erasures_do(now=DUE - timedelta(seconds=1)) == 0
    assert erasures_do(now=DUE) == 1
    assert erasures_do(now=DUE) == 0
    assert not Child.objects.filter(pk=people.kai.pk).exists()


def test_every_other_guardian_must_agree(people: People, paula: User) -> None:
    erasure = erasure_ask(child=people.lena, by=people.maria, now=LATER)
    assert erasure.due_at is None
    erasure_ask(child=people.lena, by=people.maria, now=LATER + DAY)
    assert erasures_do(now=LATER + 400 * DAY) == 0
    erasure = erasure_agree(child=people.lena, by=paula, now=LATER + 2 * DAY)
    assert erasure.due_at == LATER + 16 * DAY
    assert erasure_agree(child=people.lena, by=paula, now=LATER + 9 * DAY).due_at == LATER + 16 * DAY
    assert Erasure.objects.count() == 1


@pytest.mark.parametrize("who", ["maria", "paula"])
def test_any_guardian_takes_it_back(people: People, paula: User, who: str) -> None:
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    erasure_agree(child=people.lena, by=paula, now=LATER)
    erasure_take_back(child=people.lena, by=paula if who == "paula" else people.maria, now=DUE - DAY)
    assert erasures_do(now=DUE + DAY) == 0
    assert Child.objects.filter(pk=people.lena.pk).exists()
    with pytest.raises(Refused, match="Nobody asks"):
        erasure_take_back(child=people.lena, by=paula, now=DUE)
    with pytest.raises(Refused, match="Nobody asks"):
        erasure_agree(child=people.lena, by=paula, now=DUE)
    again = erasure_ask(child=people.lena, by=paula, now=DUE)
    assert (again.due_at, Erasure.objects.count()) == (None, 2)


def test_a_guardian_who_comes_in_meanwhile_is_asked_too(people: People) -> None:
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    new = UserFactory.create(name="New", email="new@example.org")
    MembershipFactory.create(user=new, child=people.lena, role=Role.GUARDIAN)
    assert erasures_do(now=DUE + DAY) == 0
    assert Erasure.objects.get().due_at is None
    assert erasure_agree(child=people.lena, by=new, now=DUE + DAY).due_at == DUE + 15 * DAY


@pytest.mark.parametrize("who", ["sam", "weiss", "tom"])
def test_only_guardians(people: People, who: str) -> None:
    for action in (erasure_ask, erasure_agree, erasure_take_back):
        with pytest.raises(Refused, match="Only a guardian"):
            action(child=people.lena, by=getattr(people, who), now=LATER)
    assert not Erasure.objects.exists()


def test_what_is_asked_is_in_the_log(people: People, paula: User) -> None:
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    erasure_agree(child=people.lena, by=paula, now=LATER)
    erasure_take_back(child=people.lena, by=paula, now=LATER)
    events = AuditEvent.objects.filter(subject=f"child {people.lena.pk}").order_by("number")
    assert [(event.who, event.verb, event.about) for event in events] == [
        ("Maria", "changed", "erasure"),
        ("Paula", "agreed", "erasure"),
        ("Paula", "withdrew", "erasure"),
    ]


# --- doing -------------------------------------------------------------------------------------


def test_without_a_clinic_that_must_keep_it_everything_goes_but_the_log(people: People) -> None:
    plan = drafted_plan(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=ACTIVATED_AT)
    assert clinics_keeping(people.kai) == []
    Dose.objects.create(
        child=people.kai, ingredient="x", given_at=STARTS_AT, entered_at=STARTS_AT, entered_by=people.tom
    )
    erasure_ask(child=people.kai, by=people.tom, now=LATER)
    assert erasures_do(now=DUE) == 1
    assert of_child(people.kai) == {"AuditEvent": 4}
    assert not Plan.objects.filter(pk=plan.pk).exists()
    last = AuditEvent.objects.filter(subject=f"child {people.kai.pk}").latest("number")
    assert (last.who, last.verb, last.about, last.detail) == ("ivig_care", "erased", "record", "")
    own = AuditEvent.objects.get(subject=f"person {people.tom.pk}")
    assert (own.verb, own.about) == ("erased", "record")
    assert chain_break(f"child {people.kai.pk}") == ""


def test_a_clinic_keeps_its_own_record_and_nobody_else_sees_it(lived: Infusion, people: People) -> None:
    draft = drafted_plan(child=people.lena, by=people.weiss, starts_at=LATER, at=LATER)
    before = of_child(people.lena)
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    assert erasures_do(now=DUE) == 1
    after = of_child(people.lena)
    gone = {"Membership", "Invitation", "GuestLink", "Duty", "Consent", "Delivery", "DeliveryStep"}
    gone |= {"DeliveryAttempt", "InboundMessage"}
    assert gone <= set(before)
    assert gone & set(after) == set()
    for kept in ("Step", "StepEvent", "Dose", "InfusionDayEvent", "Review", "ReviewAmendment"):
        assert after[kept] == before[kept], kept
    assert not Plan.objects.filter(pk=draft.pk).exists()
    for person in (people.maria, people.sam, people.lee):
        assert not children_of(person).filter(pk=people.lena.pk).exists()
    assert children_of(people.weiss).filter(pk=people.lena.pk).exists()
    assert [link.clinic for link in ClinicLink.objects.filter(child=people.lena)] == [people.riverside]
    assert not Step.objects.filter(infusion__plan__child=people.lena, next_nudge_at__isnull=False).exists()
    last = AuditEvent.objects.filter(subject=f"child {people.lena.pk}").latest("number")
    assert last.detail == "but for what Riverside Clinic must keep"
    assert User.objects.get(is_guest=True).name == "Guest"


def test_the_name_of_a_guest_goes_though_the_link_was_forgotten_before(lived: Infusion, people: People) -> None:
    later = LATER + 100 * DAY
    retention_do(now=later)
    assert not people.lena.guest_links.exists()
    erasure_ask(child=people.lena, by=people.maria, now=later)
    assert erasures_do(now=later + 14 * DAY) == 1
    assert User.objects.get(is_guest=True).name == "Guest"


def test_a_message_about_another_child_too_stays_with_that_child(lived: Infusion, people: People) -> None:
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    erasures_do(now=DUE)
    (both,) = Delivery.objects.all()
    (left,) = DeliveryStep.objects.all()
    assert (both.occasion, both.infusion, left.step.infusion.plan.child) == ("both", None, people.kai)
    assert [message.body for message in OutboxMessage.objects.all()] == ["ivig_care: a code"]


def test_nothing_of_another_child_goes(lived: Infusion, people: People) -> None:
    before = of_child(people.kai)
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    erasures_do(now=DUE)
    assert of_child(people.kai) == before


def test_while_a_message_is_leaving_it_waits(lived: Infusion, people: People) -> None:
    Delivery.objects.filter(occasion="only").update(status="sending", lease="x", leased_until=DUE + DAY)
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    assert erasures_do(now=DUE) == 0
    assert Membership.objects.filter(child=people.lena).count() == 2
    Delivery.objects.filter(occasion="only").update(status="sent", lease="", leased_until=None)
    assert erasures_do(now=DUE + timedelta(hours=1)) == 1


def test_nobody_of_the_family_is_brought_back_in(lived: Infusion, people: People) -> None:
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    erasures_do(now=DUE)
    with pytest.raises(Refused, match="kept for the clinic alone"):
        invitation_make(role=Role.GUARDIAN, by=people.weiss, now=DUE, child=people.lena)
    assert not Invitation.objects.filter(child=people.lena).exists()


def test_a_tick_that_waited_for_the_erasing_is_told_so(infusion: Infusion, people: People) -> None:
    step = infusion.steps.get(slot="fluids-during.d1")
    step.infusion_id = 0
    with pytest.raises(RecordErased):
        step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)


def test_when_those_who_wrote_it_have_left_it_is_the_childs_clinic(lived: Infusion, people: People) -> None:
    people.weiss.memberships.all().delete()
    assert clinics_keeping(people.lena) == [people.riverside]


def test_another_clinic_that_signed_keeps_it_too(lived: Infusion, people: People) -> None:
    Plan.objects.filter(child=people.lena).update(prescribed_by=people.lee, clinic=people.hillside)
    assert clinics_keeping(people.lena) == [people.riverside, people.hillside]


# --- when the clinic's years are over --------------------------------------------------------------


@pytest.mark.parametrize(("years", "after", "is_gone"), [(None, 200, False), (8, 7.9, False), (8, 8.1, True)])
def test_what_is_kept_goes_when_the_clinics_years_are_over(
    lived: Infusion, people: People, years: int | None, after: float, is_gone: bool
) -> None:
    people.riverside.record_kept_years = years
    people.riverside.save()
    erasure_ask(child=people.lena, by=people.maria, now=LATER)
    erasures_do(now=DUE)
    removed = retention_do(now=LATER + after * 365 * DAY)
    assert removed["records"] == int(is_gone)
    assert Child.objects.filter(pk=people.lena.pk).exists() is not is_gone
    assert set(of_child(people.lena)) == {"AuditEvent"} if is_gone else StepEvent.objects.exists()


def test_a_family_that_wants_its_record_keeps_it_however_old(lived: Infusion, people: People) -> None:
    people.riverside.record_kept_years = 1
    people.riverside.save()
    assert retention_do(now=LATER + 5000 * DAY)["records"] == 0
    assert ReviewAmendment.objects.count() == 1


def test_the_waiting_is_set_in_days(people: People, settings: LazySettings) -> None:
    settings.ERASE_AFTER_DAYS = 0
    assert erasure_ask(child=people.kai, by=people.tom, now=LATER).due_at == LATER
    assert erasures_do(now=LATER) == 1


def test_a_clinic_that_must_keep_a_record_can_read_it_though_the_family_had_stopped_sharing(
    infusion: Infusion, people: People
) -> None:
    clinic_link_withdraw(child=people.lena, clinic=people.riverside, by=people.maria, now=STARTS_AT)
    erasure_ask(child=people.lena, by=people.maria, now=STARTS_AT)
    assert erasures_do(now=STARTS_AT + 15 * DAY) == 1
    assert list(children_of(people.weiss)) == [people.lena]
    assert not children_of(people.maria).exists()


def test_trouble_with_one_record_holds_up_no_other(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    for child, guardian in ((people.lena, people.maria), (people.kai, people.tom)):
        erasure_ask(child=child, by=guardian, now=STARTS_AT)
    real = erasures.record_erase

    def broken(*, child: Child, now: datetime) -> bool:
        if child == people.lena:
            raise RuntimeError
        return real(child=child, now=now)

    monkeypatch.setattr(erasures, "record_erase", broken)
    assert erasures_do(now=STARTS_AT + 15 * DAY) == 1
    assert list(Child.objects.all()) == [people.lena]


def test_a_clinic_keeps_what_was_prescribed_for_it_wherever_the_prescriber_works_now(
    infusion: Infusion, people: People
) -> None:
    clinic_link_agree(child=people.lena, clinic=people.hillside, by=people.maria, now=STARTS_AT)
    Membership.objects.filter(user=people.weiss).update(clinic=people.hillside)
    assert Plan.objects.get(child=people.lena).clinic == people.riverside
    assert clinics_keeping(people.lena) == [people.riverside]


def test_from_before_that_was_kept_it_is_where_the_prescriber_works(infusion: Infusion, people: People) -> None:
    Plan.objects.update(clinic=None)
    assert clinics_keeping(people.lena) == [people.riverside]

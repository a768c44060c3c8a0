"""A concern is raised once, told to the clinic's people at once and discreetly, and answered once."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions.concerns import ConcernAnswered, concern_answer, concern_raise
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.reviews import review_sign
from ivig_care.care_teams.models import AuditEvent, Membership, Role
from ivig_care.nudges.models import Delivery, OutboxMessage
from ivig_care.plans.models import Infusion
from ivig_care.regimen.signs import Level
from ivig_care.reviews.concerns import concerns_open
from ivig_care.reviews.models import Concern, Review
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import ContactPointFactory, MembershipFactory, NudgePreferenceFactory, UserFactory
from tests.web.clinic.story import finish

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = STARTS_AT + 17 * HOUR
PRIVATE = ("lena", "moreno", "headache", "fever", "infusion", "acetaminophen")


@pytest.fixture
def nia(people: People) -> User:
    """A nurse of Lena's clinic."""
    user = UserFactory.create(name="Nia", email="nia@example.org")
    MembershipFactory.create(user=user, clinic=people.riverside, role=Role.NURSE)
    return user


@pytest.fixture
def reached(people: People, nia: User) -> tuple[User, User]:
    """The clinician and the nurse, with a way to reach them and quiet hours at night."""
    for number, user in enumerate((people.weiss, nia)):
        NudgePreferenceFactory.create(user=user, quiet_from=time(22), quiet_until=time(7))
        ContactPointFactory.create(user=user, kind=ContactPoint.Kind.SMS, address=f"+1212555019{number}")
    return people.weiss, nia


def raised(infusion: Infusion, people: People, *, about: str = "1", level: str = "", now: object = None) -> Concern:
    return concern_raise(
        infusion=infusion,
        kind=Concern.Kind.SYMPTOMS,
        about=about,
        words="Lena has a bad headache and a fever.",
        by=people.maria,
        now=now or STARTS_AT,  # type: ignore[arg-type]
        level=level,
    )


def texts_sent(now: object) -> list[tuple[str, str]]:
    while deliveries_send(kind="sms", clock=lambda: now):  # type: ignore[arg-type,return-value]
        pass
    return list(OutboxMessage.objects.order_by("pk").values_list("to", "body"))


def test_the_clinics_people_who_answer_hear_of_it_at_once(
    infusion: Infusion, people: People, reached: tuple[User, User]
) -> None:
    concern = raised(infusion, people)
    told = Delivery.objects.filter(purpose="concern")
    assert {one.person for one in told} == set(reached)
    sent = texts_sent(STARTS_AT + MINUTE)
    assert [to for to, _ in sent] == ["+12125550190", "+12125550191"]
    for _, body in sent:
        assert body.startswith("ivig_care: A family wrote something for your clinic to answer.")
        assert not any(word in body.lower() for word in PRIVATE)
    event = AuditEvent.objects.get(about="concern")
    assert (event.verb, event.detail, event.about_id) == ("recorded", "raised", concern.pk)


def test_the_same_a_second_time_is_no_second_concern(
    infusion: Infusion, people: People, reached: tuple[User, User]
) -> None:
    first, second = raised(infusion, people), raised(infusion, people)
    assert first == second
    assert Delivery.objects.filter(purpose="concern").count() == len(reached)


def test_what_waits_to_leave_is_joined_by_the_next(
    infusion: Infusion, people: People, reached: tuple[User, User]
) -> None:
    raised(infusion, people)
    raised(infusion, people, about="2")
    assert Delivery.objects.filter(purpose="concern").count() == len(reached)
    texts_sent(STARTS_AT + MINUTE)
    raised(infusion, people, about="3", now=STARTS_AT + 2 * MINUTE)
    assert Delivery.objects.filter(purpose="concern", status="pending").count() == len(reached)


@pytest.mark.parametrize(
    ("level", "leaves"),
    [(Level.EMERGENCY, True), (Level.CALL_NOW, True), (Level.OFFICE_HOURS, False), ("", False)],
)
@pytest.mark.usefixtures("reached")
def test_only_what_is_urgent_leaves_in_quiet_hours(
    infusion: Infusion, people: People, level: str, leaves: bool
) -> None:
    raised(infusion, people, level=level, now=NIGHT)
    sent = texts_sent(NIGHT)
    assert bool(sent) is leaves
    assert all(body.startswith("ivig_care: Urgent: ") for _, body in sent)
    assert not any(word in body.lower() for _, body in sent for word in PRIVATE)
    # What had to wait leaves in the morning.
    assert len(texts_sent(NIGHT + 8 * HOUR)) == 2


@pytest.mark.usefixtures("reached")
def test_whoever_left_the_clinic_meanwhile_hears_nothing(infusion: Infusion, people: People, nia: User) -> None:
    raised(infusion, people)
    Membership.objects.filter(user=nia).delete()
    assert [to for to, _ in texts_sent(STARTS_AT + MINUTE)] == ["+12125550190"]


@pytest.mark.usefixtures("reached")
def test_an_answer_silences_what_has_yet_to_leave(infusion: Infusion, people: People, nia: User) -> None:
    concern = raised(infusion, people)
    other = raised(infusion, people, about="2")
    concern_answer(concern=concern, words="We called.", by=nia, now=STARTS_AT + MINUTE)
    assert Delivery.objects.filter(purpose="concern", status="pending").count() == 2
    concern_answer(concern=other, words="We called.", by=nia, now=STARTS_AT + MINUTE)
    dropped = Delivery.objects.filter(purpose="concern", status="dropped")
    assert {one.reason for one in dropped} == {"answered before it left"}
    assert texts_sent(STARTS_AT + 2 * MINUTE) == []


def test_it_is_answered_once(infusion: Infusion, people: People, nia: User) -> None:
    concern = raised(infusion, people)
    concern_answer(concern=concern, words="We called.", by=nia, now=STARTS_AT + MINUTE)
    with pytest.raises(ConcernAnswered, match="Nia has answered this already"):
        concern_answer(concern=concern, words="Me too.", by=people.weiss, now=STARTS_AT + 2 * MINUTE)
    concern.refresh_from_db()
    assert (concern.answer.words, concern.answer.by) == ("We called.", nia)
    assert concern.answered_at == STARTS_AT + MINUTE


def test_the_most_urgent_stands_first_then_what_waited_longest(infusion: Infusion, people: People, nia: User) -> None:
    raised(infusion, people, about="visit", level=Level.NEXT_VISIT)
    raised(infusion, people, about="old", now=STARTS_AT + MINUTE)
    raised(infusion, people, about="office", level=Level.OFFICE_HOURS, now=STARTS_AT + 2 * MINUTE)
    raised(infusion, people, about="emergency", level=Level.EMERGENCY, now=STARTS_AT + 3 * MINUTE)
    raised(infusion, people, about="call", level=Level.CALL_NOW, now=STARTS_AT + 4 * MINUTE)
    assert [one.about for one in concerns_open(nia)] == ["emergency", "call", "old", "office", "visit"]
    assert concerns_open(people.lee) == []
    assert concerns_open(people.maria) == []


def test_a_signed_review_keeps_nobody_from_raising_one(infusion: Infusion, people: People) -> None:
    finish(infusion, by=people.maria)
    review = Review.objects.get(infusion=infusion)
    review_sign(review=review, by=people.weiss, note="", next_time="", at=STARTS_AT + 200 * HOUR)
    assert raised(infusion, people, now=STARTS_AT + 201 * HOUR).pk

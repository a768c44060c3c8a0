"""A concern is raised once, told to the clinic's people at once and discreetly, and answered once."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions.concerns import ConcernAnswered, NothingToAnswer, concern_raise, concerns_answer
from ivig_care.actions.deliveries import deliveries_send
from ivig_care.actions.reviews import review_sign
from ivig_care.care_teams.models import AuditEvent, Child, Membership, Role
from ivig_care.nudges.models import Delivery, OutboxMessage
from ivig_care.plans.models import Infusion
from ivig_care.regimen.signs import Level
from ivig_care.reviews.concerns import STAYS_FOR, concerns_open, for_family, on_top_for
from ivig_care.reviews.models import Concern, Review
from tests.actors import People
from tests.answering import concern_answer
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import (
    ChildFactory,
    ContactPointFactory,
    MembershipFactory,
    NudgePreferenceFactory,
    UserFactory,
    active_infusion,
)
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


def raised(
    infusion: Infusion,
    people: People,
    *,
    about: str = "1",
    level: str = "",
    now: object = None,
    is_news: bool = True,
) -> Concern:
    return concern_raise(
        infusion=infusion,
        kind=Concern.Kind.SYMPTOMS,
        about=about,
        words="Lena has a bad headache and a fever.",
        by=people.maria,
        now=now or STARTS_AT,  # type: ignore[arg-type]
        level=level,
        is_news=is_news,
    )


def active_infusion_of(child: Child, people: People) -> Infusion:
    """An infusion like Lena's of another child."""
    return active_infusion(child=child, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)


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
    assert sorted(to for to, _ in sent) == ["+12125550190", "+12125550191"]
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


def test_what_joins_a_message_that_does_not_get_through_is_worth_telling_as_long_as_any(
    infusion: Infusion, people: People, reached: tuple[User, User]
) -> None:
    raised(infusion, people, level=Level.CALL_NOW)
    waiting = Delivery.objects.filter(purpose="urgent", person__in=reached)
    tomorrow = STARTS_AT + 24 * HOUR
    waiting.update(tries=90, next_attempt_at=tomorrow - MINUTE)
    raised(infusion, people, about="2", level=Level.EMERGENCY, now=tomorrow - 5 * MINUTE)
    assert len(texts_sent(tomorrow + 5 * MINUTE)) == len(reached)


@pytest.mark.usefixtures("reached")
def test_what_comes_within_minutes_waits_and_is_told_together(infusion: Infusion, people: People) -> None:
    for level in (Level.OFFICE_HOURS, Level.CALL_NOW):
        OutboxMessage.objects.all().delete()
        for number in range(3):
            at = STARTS_AT + number * MINUTE
            raised(infusion, people, about=f"{level} {number}", level=level, now=at)
            assert len(texts_sent(at)) == 2
        assert len(texts_sent(STARTS_AT + 14 * MINUTE)) == 2
        sent = texts_sent(STARTS_AT + 15 * MINUTE)
        assert len(sent) == 4
        assert all("something more for your clinic" in body for _, body in sent[2:])


@pytest.mark.usefixtures("reached")
def test_what_waits_for_company_is_not_told_once_all_is_answered(infusion: Infusion, people: People, nia: User) -> None:
    first = raised(infusion, people, level=Level.CALL_NOW)
    texts_sent(STARTS_AT)
    second = raised(infusion, people, about="2", level=Level.CALL_NOW, now=STARTS_AT + MINUTE)
    seen = [first.pk, second.pk]
    concerns_answer(infusion=infusion, seen=seen, words="We called.", by=nia, now=STARTS_AT + 2 * MINUTE)
    assert len(texts_sent(STARTS_AT + HOUR)) == 2
    # And what is written after the answer is a new matter.
    raised(infusion, people, about="3", level=Level.CALL_NOW, now=STARTS_AT + 5 * MINUTE)
    assert len(texts_sent(STARTS_AT + 5 * MINUTE)) == 4


@pytest.mark.usefixtures("reached")
def test_a_new_emergency_rings_at_once_each_time(infusion: Infusion, people: People) -> None:
    for number in range(3):
        at = STARTS_AT + number * MINUTE
        raised(infusion, people, about=str(number), level=Level.EMERGENCY, now=at)
        assert len(texts_sent(at)) == 2 * (number + 1)


@pytest.mark.usefixtures("reached")
def test_an_emergency_of_which_nothing_new_is_said_waits(infusion: Infusion, people: People) -> None:
    raised(infusion, people, level=Level.EMERGENCY)
    texts_sent(STARTS_AT)
    raised(infusion, people, about="2", level=Level.EMERGENCY, now=STARTS_AT + MINUTE, is_news=False)
    assert len(texts_sent(STARTS_AT + MINUTE)) == 2
    assert len(texts_sent(STARTS_AT + 15 * MINUTE)) == 4


@pytest.mark.usefixtures("reached")
def test_what_is_worse_than_all_before_rings_and_takes_along_what_waits(infusion: Infusion, people: People) -> None:
    raised(infusion, people, level=Level.CALL_NOW)
    texts_sent(STARTS_AT)
    raised(infusion, people, about="2", level=Level.CALL_NOW, now=STARTS_AT + MINUTE)
    raised(infusion, people, about="3", level=Level.EMERGENCY, now=STARTS_AT + 2 * MINUTE)
    assert len(texts_sent(STARTS_AT + 2 * MINUTE)) == 4
    assert len(texts_sent(STARTS_AT + HOUR)) == 4


@pytest.mark.usefixtures("reached")
def test_what_was_to_be_told_in_the_morning_gives_way_to_what_is_urgent(infusion: Infusion, people: People) -> None:
    raised(infusion, people, level=Level.OFFICE_HOURS, now=NIGHT)
    raised(infusion, people, about="2", level=Level.CALL_NOW, now=NIGHT + MINUTE)
    assert len(texts_sent(NIGHT + MINUTE)) == 2
    assert len(texts_sent(NIGHT + 9 * HOUR)) == 2


@pytest.mark.usefixtures("reached")
def test_what_is_left_open_is_told_as_urgently_as_it_is(infusion: Infusion, people: People, nia: User) -> None:
    first = raised(infusion, people, level=Level.EMERGENCY, now=NIGHT)
    texts_sent(NIGHT)
    second = raised(infusion, people, about="2", level=Level.CALL_NOW, now=NIGHT + MINUTE)
    raised(infusion, people, about="3", level=Level.OFFICE_HOURS, now=NIGHT + 2 * MINUTE)
    seen = [first.pk, second.pk]
    concerns_answer(infusion=infusion, seen=seen, words="We called.", by=nia, now=NIGHT + 3 * MINUTE)
    assert len(texts_sent(NIGHT + HOUR)) == 2
    sent = texts_sent(NIGHT + 9 * HOUR)
    assert len(sent) == 4
    assert "Urgent" not in sent[-1][1]


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


def test_one_answer_answers_all_that_was_seen_and_nothing_else(infusion: Infusion, people: People, nia: User) -> None:
    first, second, third = (raised(infusion, people, about=str(number)) for number in range(3))
    elsewhere = raised(active_infusion_of(people.kai, people), people)
    seen = [first.pk, second.pk, elsewhere.pk]
    answering = concerns_answer(infusion=infusion, seen=seen, words="We called.", by=nia, now=STARTS_AT + MINUTE)
    assert [(one.concern, one.by, one.at) for one in answering.answers] == [
        (first, nia, STARTS_AT + MINUTE),
        (second, nia, STARTS_AT + MINUTE),
    ]
    assert answering.still_open == (third,)
    assert set(Concern.objects.open()) == {third, elsewhere}
    events = AuditEvent.objects.filter(about="concern", detail="answered").order_by("number")
    assert [(one.about_id, one.actor) for one in events] == [(first.pk, nia), (second.pk, nia)]


def test_of_what_somebody_has_answered_only_the_rest_is_answered(infusion: Infusion, people: People, nia: User) -> None:
    first, second = raised(infusion, people), raised(infusion, people, about="2")
    concern_answer(concern=first, words="We called.", by=nia, now=STARTS_AT + MINUTE)
    seen = [first.pk, second.pk]
    answering = concerns_answer(infusion=infusion, seen=seen, words="Me too.", by=people.weiss, now=STARTS_AT + HOUR)
    assert (answering.before, [one.concern for one in answering.answers]) == ((first,), [second])
    first.refresh_from_db()
    assert (first.answer.words, first.answered_at) == ("We called.", STARTS_AT + MINUTE)


def test_what_is_not_there_is_not_answered(infusion: Infusion, people: People, nia: User) -> None:
    raised(infusion, people)
    for seen in ([], [2**40]):
        with pytest.raises(NothingToAnswer):
            concerns_answer(infusion=infusion, seen=seen, words="We called.", by=nia, now=STARTS_AT)
    assert Concern.objects.open().count() == 1


def test_each_infusion_stands_once_the_most_urgent_first_then_what_waited_longest(
    infusion: Infusion, people: People, nia: User
) -> None:
    def card(*levels: str, at: int) -> Infusion:
        child = ChildFactory.create(clinic=people.riverside)
        made = active_infusion_of(child, people)
        for number, level in enumerate(levels):
            raised(made, people, about=str(number), level=level, now=STARTS_AT + (at + number) * MINUTE)
        return made

    visit = card(Level.NEXT_VISIT, at=0)
    old = card("", Level.OFFICE_HOURS, at=1)
    emergency = card(Level.OFFICE_HOURS, Level.EMERGENCY, Level.CALL_NOW, at=3)
    office = card(Level.OFFICE_HOURS, at=2)
    found = concerns_open(nia)
    assert [one.infusion for one in found] == [emergency, old, office, visit]
    first = found[0]
    assert [one.level for one in first.concerns] == [Level.CALL_NOW, Level.EMERGENCY, Level.OFFICE_HOURS]
    assert first.worst.level == Level.EMERGENCY
    assert first.waits_since == STARTS_AT + 4 * MINUTE
    assert concerns_open(people.lee) == []
    assert concerns_open(people.maria) == []


def test_a_family_reads_one_answer_once_and_the_red_flag_goes_with_the_last(
    infusion: Infusion, people: People, nia: User
) -> None:
    first, second, third = (
        raised(infusion, people, about=str(n), level=Level.CALL_NOW, now=STARTS_AT + n * MINUTE) for n in range(3)
    )
    now = STARTS_AT + HOUR
    # One fills the screen, and none is kept back.
    standing = for_family(infusion, now=now)
    assert (standing.red_flag, standing.waiting) == (third, (second, first))
    concerns_answer(infusion=infusion, seen=[first.pk, second.pk], words="Come in.", by=nia, now=now)
    for said in (for_family(infusion, now=now), on_top_for(people.maria, now=now)):
        (answered,) = said.answered
        assert (answered.answer.words, answered.concerns) == ("Come in.", (second, first))
    assert for_family(infusion, now=now).red_flag == third
    assert on_top_for(people.maria, now=now).red_flags == (third,)
    concerns_answer(infusion=infusion, seen=[third.pk], words="Come in.", by=nia, now=now + MINUTE)
    assert for_family(infusion, now=now + MINUTE).red_flag is None
    assert on_top_for(people.maria, now=now + MINUTE).red_flags == ()
    assert len(for_family(infusion, now=now + MINUTE).answered) == 2


def test_an_answer_that_took_long_is_read_all_the_same(infusion: Infusion, people: People, nia: User) -> None:
    concern = raised(infusion, people)
    then = STARTS_AT + STAYS_FOR + MINUTE
    assert for_family(infusion, now=then).red_flag is None
    concern_answer(concern=concern, words="Called.", by=nia, now=then)
    for said in (for_family(infusion, now=then + MINUTE), on_top_for(people.maria, now=then + MINUTE)):
        assert [one.concerns for one in said.answered] == [(concern,)]


def test_answering_many_takes_no_more_queries_than_answering_two(infusion: Infusion, people: People, nia: User) -> None:
    taken = []
    for many in (2, 12):
        seen = [raised(infusion, people, about=f"{many} {number}").pk for number in range(many)]
        with CaptureQueriesContext(connection) as queries:
            concerns_answer(infusion=infusion, seen=seen, words="We called.", by=nia, now=STARTS_AT)
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_a_signed_review_keeps_nobody_from_raising_one(infusion: Infusion, people: People) -> None:
    finish(infusion, by=people.maria)
    review = Review.objects.get(infusion=infusion)
    review_sign(review=review, by=people.weiss, note="", next_time="", at=STARTS_AT + 200 * HOUR)
    assert raised(infusion, people, now=STARTS_AT + 201 * HOUR).pk

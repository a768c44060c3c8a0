"""The link in a message: what it shows without signing in, what can be said there, and whom it shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client
from time_machine import Traveller

from ivig_care.accounts.models import NudgePreference
from ivig_care.actions.steps import step_tick
from ivig_care.care_teams.models import Membership, Role
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Dose, Infusion, Step, StepEvent
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import ContactPointFactory, MembershipFactory, active_infusion
from tests.web.messages import everything, link, premedication, sent

pytestmark = pytest.mark.usefixtures("clock")

AssertMaxQueries = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def steps(infusion: Infusion) -> list[Step]:
    return premedication(infusion)


@pytest.fixture
def delivery(infusion: Infusion, people: People, steps: list[Step]) -> Delivery:
    return sent(infusion, people.maria, steps)


@pytest.fixture
def phone() -> Client:
    """A phone that nobody has signed in on, and that refuses a form without its token where one is needed."""
    return Client(enforce_csrf_checks=True)


def _keys(steps: list[Step]) -> list[str]:
    return [str(step.pk) for step in steps]


def _states(steps: list[Step]) -> list[str]:
    return [Step.objects.get(pk=step.pk).state for step in steps]


# --- what it shows --------------------------------------------------------------------------------


def test_it_shows_exactly_the_steps_of_its_message(phone: Client, delivery: Delivery, infusion: Infusion) -> None:
    page = phone.get(link(delivery)).content.decode()
    assert "For Lena" in page
    assert "300&nbsp;mg = 9.4&nbsp;mL" in page
    assert "32&nbsp;mg in each&nbsp;mL" in page
    assert "Mon 8:30 am" in page
    assert 'href="tel:+12125550147"' in page
    shown = {step.pk for step in infusion.steps.all() if f'name="step" value="{step.pk}"' in page}
    assert shown == {step.pk for step in delivery.steps.all()}


def test_it_shows_nothing_private(phone: Client, delivery: Delivery) -> None:
    page = phone.get(link(delivery)).content.decode()
    for private in ("Moreno", "Maria", "maria@", "dermatomyositis", "JDM", "Octagam", "/infusions/"):
        assert private not in page


def test_what_was_answered_meanwhile_is_not_shown(
    phone: Client, delivery: Delivery, steps: list[Step], people: People
) -> None:
    step_tick(step=steps[0], by=people.sam, at=STARTS_AT, now=STARTS_AT)
    page = phone.get(link(delivery)).content.decode()
    assert f'name="step" value="{steps[0].pk}"' not in page
    assert f'name="step" value="{steps[1].pk}"' in page


def test_last_given_and_next_allowed_stand_there(
    phone: Client, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    course = list(infusion.steps.filter(kind="medicine", ingredient="acetaminophen").order_by("due_at"))
    step_tick(step=steps[0], by=people.sam, at=STARTS_AT - timedelta(minutes=30), now=STARTS_AT)
    page = phone.get(link(sent(infusion, people.maria, course[:1]))).content.decode()
    assert "Last given Mon 8:30 am." in page
    assert "Next allowed <strong>from Mon 12:30 pm</strong>" in page


def test_what_is_not_due_yet_is_not_chosen_beforehand(
    phone: Client, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    far = infusion.steps.filter(day_number=2, kind="premedication")[0]
    page = phone.get(link(sent(infusion, people.maria, [*steps, far]))).content.decode()
    assert page.count(" checked>") == 2
    assert f'value="{far.pk}" checked' not in page
    others = list(infusion.steps.filter(kind="medicine").order_by("-due_at")[:2])
    assert " checked>" not in phone.get(link(sent(infusion, people.maria, others))).content.decode()


def test_a_message_without_open_steps_says_so(
    phone: Client, delivery: Delivery, steps: list[Step], people: People
) -> None:
    for step in steps:
        step_tick(step=step, by=people.sam, at=STARTS_AT, now=STARTS_AT)
    assert "Nothing to do here any more" in phone.get(link(delivery)).content.decode()


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("word", ["", "stop"])
def test_a_mail_scanner_changes_nothing(phone: Client, delivery: Delivery, method: str, word: str) -> None:
    before = everything()
    for _ in range(2):
        assert (
            getattr(phone, method)(link(delivery, word), headers={"user-agent": "Barracuda Sentinel"}).status_code
            == 200
        )
    assert everything() == before


@pytest.mark.parametrize("word", ["done", "skip", "later", "undo", "opened"])
def test_whoever_only_follows_a_link_does_nothing(phone: Client, delivery: Delivery, word: str) -> None:
    before = everything()
    assert phone.get(link(delivery, word)).status_code == 405
    assert everything() == before


def test_nobody_on_the_way_keeps_the_address(phone: Client, delivery: Delivery) -> None:
    for response in (phone.get(link(delivery)), phone.get(link(delivery, "stop")), phone.get("/n/1.x/")):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert "no-store" in response.headers["Cache-Control"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert "<script>" not in response.content.decode()
        assert "style=" not in response.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_steps(
    phone: Client, infusion: Infusion, people: People, django_assert_max_num_queries: AssertMaxQueries
) -> None:
    every_step = sent(infusion, people.maria, list(infusion.steps.all()))
    with django_assert_max_num_queries(30):
        phone.get(link(every_step))


# --- what can be said there -----------------------------------------------------------------------


def test_all_of_them_are_ticked_at_once(phone: Client, delivery: Delivery, steps: list[Step], people: People) -> None:
    response = phone.post(link(delivery, "done"), {"step": _keys(steps), "ago": "0"})
    assert response.headers["Location"] == link(delivery)
    assert _states(steps) == ["done", "done"]
    assert {step.said_by for step in Step.objects.filter(pk__in=_keys(steps))} == {people.maria}
    delivery.refresh_from_db()
    assert delivery.answered_at == delivery.opened_at == STARTS_AT


@pytest.mark.parametrize("ago", [15, 30, 60])
def test_one_of_them_was_done_earlier(phone: Client, delivery: Delivery, steps: list[Step], ago: int) -> None:
    phone.post(link(delivery, "done"), {"step": _keys(steps[:1]), "ago": str(ago)})
    assert _states(steps) == ["done", "open"]
    assert Step.objects.get(pk=steps[0].pk).said_at == STARTS_AT - timedelta(minutes=ago)


def test_a_second_tap_changes_nothing(phone: Client, delivery: Delivery, steps: list[Step]) -> None:
    said = {"step": _keys(steps), "ago": "0"}
    phone.post(link(delivery, "done"), said)
    before = everything()
    assert phone.post(link(delivery, "done"), said).status_code == 302
    assert everything() == before
    assert Dose.objects.count() == 2


def test_what_was_said_can_be_taken_back_right_after(phone: Client, delivery: Delivery, steps: list[Step]) -> None:
    phone.post(link(delivery, "done"), {"step": _keys(steps), "ago": "0"})
    page = phone.get(link(delivery)).content.decode()
    assert page.count("Undo<span") == 2
    phone.post(link(delivery, "undo"), {"step": _keys(steps[:1])})
    assert _states(steps) == ["open", "done"]


def test_it_can_be_taken_back_for_ten_minutes_only(
    phone: Client, delivery: Delivery, steps: list[Step], clock: Traveller
) -> None:
    phone.post(link(delivery, "done"), {"step": _keys(steps), "ago": "0"})
    clock.shift(timedelta(minutes=10))
    assert "Undo<span" not in phone.get(link(delivery)).content.decode()
    phone.post(link(delivery, "undo"), {"step": _keys(steps)})
    assert _states(steps) == ["done", "done"]


def test_nobody_takes_back_there_what_somebody_else_said(
    phone: Client, delivery: Delivery, steps: list[Step], people: People
) -> None:
    step_tick(step=steps[0], by=people.sam, at=STARTS_AT, now=STARTS_AT)
    phone.post(link(delivery, "undo"), {"step": _keys(steps[:1])})
    assert _states(steps)[0] == "done"


def test_it_was_skipped_for_a_reason(phone: Client, delivery: Delivery, steps: list[Step]) -> None:
    phone.post(link(delivery, "skip"), {"step": _keys(steps[:1]), "reason": "asleep", "note": "after lunch"})
    step = Step.objects.get(pk=steps[0].pk)
    assert (step.state, step.skip_reason) == ("skipped", "asleep")
    assert StepEvent.objects.get(step=step, kind="skipped").note == "after lunch"


def test_a_skip_without_a_reason_keeps_what_was_typed(phone: Client, delivery: Delivery, steps: list[Step]) -> None:
    response = phone.post(link(delivery, "skip"), {"step": _keys(steps[1:]), "note": "he is <asleep>"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "he is &lt;asleep&gt;</textarea>" in page
    assert f'value="{steps[1].pk}" checked' in page
    assert f'value="{steps[0].pk}" checked' not in page
    assert _states(steps) == ["open", "open"]


def test_later_reminds_again(phone: Client, delivery: Delivery, steps: list[Step]) -> None:
    assert phone.post(link(delivery, "later"), {"step": _keys(steps), "minutes": "30"}).status_code == 302
    assert {step.snoozed_until for step in Step.objects.filter(pk__in=_keys(steps))} == {
        STARTS_AT + timedelta(minutes=30)
    }
    assert "We remind you again at <strong>Mon 9:30 am" in phone.get(link(delivery)).content.decode()


@pytest.mark.parametrize("minutes", ["", "0", "-5", "61", "1e9", "soon"])
def test_nonsense_puts_nothing_off(phone: Client, delivery: Delivery, steps: list[Step], minutes: str) -> None:
    assert phone.post(link(delivery, "later"), {"step": _keys(steps), "minutes": minutes}).status_code == 422
    assert not Step.objects.filter(snoozed_until__isnull=False).exists()


def test_what_may_not_wait_is_said(phone: Client, infusion: Infusion, people: People, steps: list[Step]) -> None:
    Step.objects.filter(pk=steps[0].pk).update(nudge_clinic_minutes=60)
    response = phone.post(link(sent(infusion, people.maria, steps), "later"), {"step": _keys(steps), "minutes": "15"})
    assert response.status_code == 422
    assert "We remind you again of 1 in 15 minutes." in response.content.decode()
    assert [step.snoozed_until is None for step in Step.objects.filter(pk__in=_keys(steps)).order_by("pk")] == [
        True,
        False,
    ]


def test_too_soon_asks_for_the_reason_and_records_nothing(
    phone: Client, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    step_tick(step=steps[0], by=people.sam, at=STARTS_AT - timedelta(minutes=30), now=STARTS_AT)
    course = infusion.steps.filter(kind="medicine", ingredient="acetaminophen").order_by("due_at")[0]
    delivery = sent(infusion, people.maria, [course, steps[1]])
    said = {"step": _keys([course, steps[1]]), "ago": "15"}
    response = phone.post(link(delivery, "done"), said)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Nothing was recorded yet" in page
    assert "because</label>" in page
    assert _states([course, steps[1]]) == ["open", "open"]
    assert Dose.objects.count() == 1
    reason = {"step": str(course.pk), "exact": "2026-06-15T15:45:00+0000", "reason": "the nurse said so"}
    phone.post(link(delivery, "done"), reason)
    dose = Dose.objects.get(step=course)
    assert (dose.reason, dose.given_at) == ("the nurse said so", STARTS_AT - timedelta(minutes=15))


@pytest.mark.parametrize("word", ["done", "skip", "later"])
def test_nothing_chosen_means_nothing_and_not_everything(
    phone: Client, delivery: Delivery, steps: list[Step], word: str
) -> None:
    response = phone.post(link(delivery, word), {"ago": "0", "reason": "asleep", "minutes": "15"})
    assert response.status_code == 422
    assert "Tick at least one step first." in response.content.decode()
    assert _states(steps) == ["open", "open"]


@pytest.mark.parametrize("ago", ["-1", "100000", "now", "", "9" * 400])
def test_nonsense_records_nothing(phone: Client, delivery: Delivery, steps: list[Step], ago: str) -> None:
    response = phone.post(link(delivery, "done"), {"step": _keys(steps), "ago": ago, "at": "x"})
    assert response.status_code == 422
    assert _states(steps) == ["open", "open"]


@pytest.mark.parametrize("key", ["0", "x", "-1", "9" * 30, "\uff11", ""])
def test_a_step_that_it_does_not_speak_of_does_not_exist(
    phone: Client, delivery: Delivery, steps: list[Step], key: str
) -> None:
    assert phone.post(link(delivery, "done"), {"step": [*_keys(steps), key], "ago": "0"}).status_code == 404
    assert _states(steps) == ["open", "open"]


def test_another_step_of_the_same_child_cannot_be_answered_there(
    phone: Client, delivery: Delivery, infusion: Infusion
) -> None:
    other = infusion.steps.exclude(deliveries=delivery)[0]
    assert phone.post(link(delivery, "done"), {"step": str(other.pk), "ago": "0"}).status_code == 404
    assert _states([other]) == ["open"]


def test_that_it_was_opened_is_kept_once(phone: Client, delivery: Delivery, clock: Traveller) -> None:
    assert f'hx-post="{link(delivery, "opened")}"' in phone.get(link(delivery)).content.decode()
    assert phone.post(link(delivery, "opened")).status_code == 204
    clock.shift(timedelta(minutes=5))
    phone.post(link(delivery, "opened"))
    delivery.refresh_from_db()
    assert (delivery.opened_at, delivery.answered_at) == (STARTS_AT, None)


# --- whom it opens for ----------------------------------------------------------------------------

WORDS = {
    "": None,
    "done": {"ago": "0"},
    "skip": {"reason": "asleep"},
    "later": {"minutes": "15"},
    "undo": {},
    "opened": {},
}


def _is_refused(phone: Client, delivery: Delivery, status: int) -> None:
    keys = list(delivery.steps.values_list("pk", flat=True))
    before = everything()
    for word, said in WORDS.items():
        address = link(delivery, word)
        response = phone.get(address) if said is None else phone.post(address, {"step": keys, **said})
        assert response.status_code == status
        page = response.content.decode()
        assert "This link no longer opens anything" in page
        assert "Lena" not in page
    assert everything() == before


def test_an_old_link_opens_nothing(phone: Client, delivery: Delivery, clock: Traveller) -> None:
    assert delivery.link_until is not None
    clock.move_to(delivery.link_until - timedelta(seconds=1))
    assert phone.get(link(delivery)).status_code == 200
    clock.move_to(delivery.link_until)
    _is_refused(phone, delivery, 410)


def test_a_revoked_link_opens_nothing(
    phone: Client,
    delivery: Delivery,
    infusion: Infusion,
    people: People,
    steps: list[Step],
    browser_of: Callable[..., Client],
) -> None:
    browser_of(people.maria).post("/reach/links/revoke/")
    _is_refused(phone, delivery, 410)
    newer = sent(infusion, people.maria, steps, sent_at=STARTS_AT)
    assert phone.get(link(newer)).status_code == 200
    assert phone.get(link(sent(infusion, people.sam, steps))).status_code == 200


def test_whoever_left_the_care_team_is_shown_nothing(phone: Client, delivery: Delivery, people: People) -> None:
    Membership.objects.get(user=people.maria, child=people.lena).delete()
    _is_refused(phone, delivery, 410)


def test_whoever_was_shut_out_is_shown_nothing(phone: Client, delivery: Delivery, people: People) -> None:
    people.maria.is_active = False
    people.maria.save()
    _is_refused(phone, delivery, 410)


def test_a_link_that_never_was_opens_nothing(phone: Client, delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(link_until=None)
    _is_refused(phone, delivery, 410)


def test_a_token_that_is_not_ours_is_not_found(
    phone: Client, delivery: Delivery, infusion: Infusion, people: People
) -> None:
    other = sent(infusion, people.sam, [])
    key, _, signature = link(delivery).removeprefix("/n/").removesuffix("/").partition(".")
    forged = [f"{key}.{signature[:-1]}", f"{key}.{signature[::-1]}", f"{key}.", key, f"{other.pk}.{signature}"]
    forged += [f"{key}0.{signature}", f"{key} .{signature}", "x", "%00", "1.2.3", "9" * 400]
    before = everything()
    for token in forged:
        for word in ("", "done/", "stop/"):
            response = phone.post(f"/n/{token}/{word}") if word else phone.get(f"/n/{token}/")
            assert response.status_code == 404
            assert "Lena" not in response.content.decode()
    assert everything() == before


def test_a_link_shows_only_children_of_its_person(
    phone: Client, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    _is_refused(phone, sent(infusion, people.tom, steps), 410)


def test_nobody_needs_a_cookie(delivery: Delivery, steps: list[Step]) -> None:
    phone = Client(enforce_csrf_checks=True)
    response = phone.post(link(delivery, "done"), {"step": _keys(steps), "ago": "0"}, headers={"origin": "null"})
    assert response.status_code == 302
    assert _states(steps) == ["done", "done"]


@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        ("moved", "Lena’s infusion was moved"),
        ("cancelled", "Lena’s infusion was cancelled"),
        ("channel_off", "no longer gets"),
    ],
)
def test_a_notice_says_where_to_read_more(
    phone: Client, infusion: Infusion, people: People, purpose: str, words: str
) -> None:
    page = phone.get(link(sent(infusion, people.maria, [], purpose=purpose))).content.decode()
    assert words in page
    assert "Sam" not in page


def test_a_test_message_says_that_it_worked(phone: Client, infusion: Infusion, people: People) -> None:
    test = sent(None, people.maria, [], purpose="test")
    assert "The test worked" in phone.get(link(test)).content.decode()


def test_signed_in_or_not_it_is_the_same(
    phone: Client, delivery: Delivery, people: People, browser_of: Callable[..., Client]
) -> None:
    assert browser_of(people.tom).get(link(delivery)).content == phone.get(link(delivery)).content


def test_preferences_of_others_do_not_revoke(phone: Client, delivery: Delivery, people: People) -> None:
    NudgePreference.objects.filter(user=people.sam).update(links_valid_from=STARTS_AT)
    assert phone.get(link(delivery)).status_code == 200


# --- what others said, and the day ahead ----------------------------------------------------------


def test_what_somebody_else_gave_is_said_with_when_and_by_whom(
    phone: Client, infusion: Infusion, people: People, steps: list[Step], delivery: Delivery
) -> None:
    for step in steps:
        step_tick(step=step, by=people.sam, at=STARTS_AT - timedelta(minutes=20), now=STARTS_AT)
    page = phone.get(link(delivery)).content.decode()
    assert "Acetaminophen: given Mon 8:40 am by Sam." in page
    assert "Undo" not in page
    assert 'href="tel:+12125550147"' in page


def test_what_nobody_answered_in_time_is_said(phone: Client, steps: list[Step], delivery: Delivery) -> None:
    Step.objects.filter(pk=steps[0].pk).update(state="missed", next_nudge_at=None)
    assert "not answered, its time has passed" in phone.get(link(delivery)).content.decode()


def test_a_second_answer_to_what_is_answered_says_only_that(
    phone: Client, people: People, steps: list[Step], delivery: Delivery
) -> None:
    for step in steps:
        step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    fields = {"step": _keys(steps), "reason": "vomited", "note": "twice"}
    page = phone.post(link(delivery, "skip"), fields).content.decode()
    assert "Nothing was recorded yet." in page
    assert "Recorded. Thank you." not in page


def test_the_list_of_a_day_is_behind_the_link_of_its_message(phone: Client, infusion: Infusion, people: People) -> None:
    ahead = sent(infusion, people.maria, [], briefing_on=STARTS_AT.date())
    page = phone.get(link(ahead)).content.decode()
    assert "<strong>8:30 am</strong> Lena: Acetaminophen, 300&nbsp;mg" in page
    assert "Nothing to answer yet." in page
    Step.objects.update(state="done", next_nudge_at=None)
    assert "Nothing of that day is left to do." in phone.get(link(ahead)).content.decode()


def test_the_list_of_a_day_holds_no_other_family(phone: Client, infusion: Infusion, people: People) -> None:
    ahead = sent(infusion, people.tom, [], kind="email", briefing_on=STARTS_AT.date())
    assert "Acetaminophen" not in phone.get(link(ahead)).content.decode()


@pytest.mark.parametrize("word", ["done", "skip", "later", "undo", "opened"])
def test_an_address_that_takes_forms_leads_a_browser_to_its_page(phone: Client, delivery: Delivery, word: str) -> None:
    response = phone.get(link(delivery, word), headers={"accept": "text/html,*/*"})
    assert (response.status_code, response.headers["Location"]) == (302, link(delivery))
    assert phone.get(link(delivery, word)).status_code == 405


def test_a_message_about_two_children_opens_for_the_one_that_is_left(
    phone: Client, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    MembershipFactory.create(user=people.maria, child=people.kai, role=Role.GUARDIAN)
    kai = active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=STARTS_AT - timedelta(days=1))
    delivery = sent(infusion, people.maria, [*steps, *premedication(kai)])
    Membership.objects.filter(user=people.maria, child=people.lena).delete()
    page = phone.get(link(delivery)).content.decode()
    assert ("For Kai" in page, "Lena" in page) == (True, False)


def test_who_left_the_family_and_works_at_the_clinic_signs_in_too(
    phone: Client, delivery: Delivery, steps: list[Step], people: People
) -> None:
    MembershipFactory.create(user=people.maria, clinic=people.riverside, role=Role.NURSE)
    assert phone.get(link(delivery)).status_code == 200
    Membership.objects.filter(user=people.maria, child=people.lena).delete()
    before = everything()
    assert phone.get(link(delivery)).status_code == 410
    assert phone.post(f"{link(delivery)}done/", {"step": _keys(steps), "ago": 0}).status_code == 410
    assert everything() == before


def test_word_to_the_clinic_whose_infusion_was_erased_opens_no_other_child(
    phone: Client, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    ContactPointFactory.create(user=people.weiss, kind="sms", address="+12125550149")
    delivery = sent(infusion, people.weiss, steps, purpose="clinic")
    Delivery.objects.filter(pk=delivery.pk).update(infusion=None)
    response = phone.get(link(delivery))
    assert (response.status_code, response.headers["Location"]) == (302, "/clinic/")
    phone.post(f"{link(delivery)}done/", {"step": _keys(steps), "ago": 0})
    assert _states(steps) == ["open", "open"]


def test_a_clinics_person_signs_in_before_a_child_is_seen(
    phone: Client, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    ContactPointFactory.create(user=people.weiss, kind="sms", address="+12125550149")
    delivery = sent(infusion, people.weiss, steps, purpose="clinic")
    before = everything()
    for response in (phone.get(link(delivery)), phone.post(link(delivery, "done"), {"step": _keys(steps), "ago": 0})):
        assert (response.status_code, response.headers["Location"]) == (302, f"/clinic/infusions/{infusion.pk}/review/")
    assert everything() == before

"""A guest's page: one child, one infusion, one device, until a time; what it shows and never shows, what it logs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.errors import Refused
from ivig_care.actions.guests import MOST_STANDING, guest_link_make
from ivig_care.actions.plans import plan_draft
from ivig_care.actions.steps import step_tick
from ivig_care.care_teams.models import AuditEvent, GuestLink
from ivig_care.plans.models import Dose, Infusion, Step
from ivig_care.web.limits import MOST_FAILURES
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import active_infusion, built_in_version
from tests.web.messages import everything, premedication

pytestmark = pytest.mark.usefixtures("clock")

BrowserOf = Callable[[User], Client]
DAY = timedelta(days=1)


@pytest.fixture
def secret(people: People, infusion: Infusion) -> str:
    """The secret of a page for Grandma, until this time tomorrow."""
    return made(people, infusion)


def made(people: People, infusion: Infusion, *, may_record: bool = True) -> str:
    made = guest_link_make(
        infusion=infusion,
        by=people.maria,
        label="Grandma",
        until=STARTS_AT + DAY,
        may_record=may_record,
        now=STARTS_AT,
    )
    return made[1]


@pytest.fixture
def phone() -> Client:
    """A phone that nobody has signed in on."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def nana(phone: Client, secret: str) -> Client:
    """The phone on which Nana typed her name."""
    phone.post(f"/g/{secret}/name/", {"name": "Nana"})
    return phone


# --- the device -----------------------------------------------------------------------------------


def test_looking_binds_nothing(phone: Client, secret: str) -> None:
    phone.get(f"/g/{secret}/")
    page = phone.get(f"/g/{secret}/").content.decode()
    assert "What is your name?" in page
    assert "Acetaminophen" not in page
    assert GuestLink.objects.get().bound_at is None


def test_a_name_binds_it_to_this_device(nana: Client, secret: str) -> None:
    assert "You are Nana (guest)." in nana.get(f"/g/{secret}/").content.decode()
    link = GuestLink.objects.get()
    assert (link.bound_at, link.person and link.person.name) == (STARTS_AT, "Nana (guest)")


def test_another_device_sees_nothing_and_changes_nothing(nana: Client, secret: str, infusion: Infusion) -> None:
    other, before = Client(), everything()
    step = premedication(infusion)[0]
    for response in (
        other.get(f"/g/{secret}/"),
        other.post(f"/g/{secret}/name/", {"name": "Thief"}, follow=True),
        other.post(f"/g/{secret}/done/", {"step": step.pk, "ago": 0}),
    ):
        assert response.status_code == 403
        assert "Lena" not in response.content.decode()
    assert everything() == before


def test_the_cookie_is_for_this_page_alone(phone: Client, secret: str) -> None:
    cookie = phone.post(f"/g/{secret}/name/", {"name": "Nana"}).cookies["guest"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/g/{secret}/", True, "Lax")
    assert cookie.value not in str(list(GuestLink.objects.values()))


@pytest.mark.parametrize("typed", ["", "   ", "x" * 41])
def test_a_name_that_is_none_binds_nothing(phone: Client, secret: str, typed: str) -> None:
    assert phone.post(f"/g/{secret}/name/", {"name": typed}).status_code == 422
    assert (GuestLink.objects.get().bound_at, User.objects.filter(is_guest=True).count()) == (None, 0)


def test_a_guest_can_never_sign_in(nana: Client) -> None:
    guest = User.objects.get(is_guest=True)
    assert (guest.is_active, guest.has_usable_password()) == (False, False)


# --- what it shows --------------------------------------------------------------------------------


def test_it_shows_now_last_given_and_whom_to_call(
    nana: Client, secret: str, infusion: Infusion, people: People
) -> None:
    step = infusion.steps.get(slot="acetaminophen-course.1")
    given = premedication(infusion)[0]
    step_tick(step=given, by=people.maria, at=given.due_at, now=STARTS_AT)
    with_next = nana.get(f"/g/{secret}/").content.decode()
    assert "Diphenhydramine" in with_next
    assert "tel:+12125550140" in with_next
    assert "Call Maria" in with_next
    assert "tel:911" in with_next
    assert f"{step.due_at.astimezone(infusion.tz):%a %-I:%M}" in with_next


def test_it_never_shows_surname_diagnosis_or_history(nana: Client, secret: str, infusion: Infusion) -> None:
    page = nana.get(f"/g/{secret}/").content.decode()
    words = ("Moreno", "2017", "Octagam", "JDM", "ermatomyositis", "g for each kg", "Sam", "20 kg")
    assert [word for word in words if word in page] == []


def test_what_the_clinic_gives_and_what_is_far_ahead_is_left_out(nana: Client, secret: str, infusion: Infusion) -> None:
    page = nana.get(f"/g/{secret}/").content.decode()
    far = infusion.steps.filter(opens_at__gt=STARTS_AT)
    assert far.exists()
    assert [step.title for step in far if f'name="step" value="{step.pk}"' in page] == []


def test_it_goes_to_no_other_site_and_into_no_cache(nana: Client, secret: str) -> None:
    headers = nana.get(f"/g/{secret}/").headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in headers["X-Robots-Tag"]
    assert "no-store" in headers["Cache-Control"]


def test_what_was_given_is_told_though_nothing_is_due(
    nana: Client, secret: str, infusion: Infusion, people: People
) -> None:
    for step in premedication(infusion):
        step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    page = nana.get(f"/g/{secret}/").content.decode()
    assert (
        "<strong>Acetaminophen</strong>: last given Mon 9:00 am. Next allowed from <strong>Mon 1:00 pm</strong>."
        in page
    )


# --- what can be said -----------------------------------------------------------------------------


def test_a_tick_is_recorded_with_the_guests_name(nana: Client, secret: str, infusion: Infusion) -> None:
    step = premedication(infusion)[0]
    response = nana.post(f"/g/{secret}/done/", {"step": step.pk, "ago": 15}, follow=True)
    assert "Acetaminophen: given Mon 8:45 am" in response.content.decode()
    step.refresh_from_db()
    assert (step.state, step.said_by and step.said_by.name) == ("done", "Nana (guest)")
    assert Dose.objects.get().entered_by == step.said_by


def test_the_family_sees_who_ticked(
    nana: Client, secret: str, infusion: Infusion, people: People, browser_of: BrowserOf
) -> None:
    nana.post(f"/g/{secret}/done/", {"step": premedication(infusion)[0].pk, "ago": 0})
    assert "Nana (guest), Mon 9:00 am" in browser_of(people.maria).get(f"/infusions/{infusion.pk}/").content.decode()


def test_what_somebody_gave_before_is_said(nana: Client, secret: str, infusion: Infusion, people: People) -> None:
    step = premedication(infusion)[0]
    step_tick(step=step, by=people.sam, at=STARTS_AT, now=STARTS_AT)
    response = nana.post(f"/g/{secret}/done/", {"step": step.pk, "ago": 0})
    assert "Sam ticked this before" in response.content.decode()
    assert Dose.objects.count() == 1


def test_a_dose_before_its_time_asks_for_a_reason(
    nana: Client, secret: str, infusion: Infusion, people: People, clock: Traveller
) -> None:
    first, again = premedication(infusion)[0], infusion.steps.get(slot="acetaminophen-course.1")
    clock.move_to(again.opens_at)
    step_tick(step=first, by=people.maria, at=again.opens_at, now=again.opens_at)
    again.refresh_from_db()
    Step.objects.filter(pk=again.pk).update(opens_at=STARTS_AT - DAY)
    asked = nana.post(f"/g/{secret}/done/", {"step": again.pk, "ago": 0})
    assert asked.status_code == 422
    assert "It was given all the same, because" in asked.content.decode()
    assert Dose.objects.count() == 1


def test_skipping_and_undoing(nana: Client, secret: str, infusion: Infusion) -> None:
    step = premedication(infusion)[0]
    nana.post(f"/g/{secret}/skip/", {"step": step.pk, "reason": "vomited"})
    step.refresh_from_db()
    assert (step.state, step.skip_reason) == ("skipped", "vomited")
    nana.post(f"/g/{secret}/undo/", {"step": step.pk})
    step.refresh_from_db()
    assert step.state == "open"


def test_a_guest_takes_back_only_what_the_guest_said(
    nana: Client, secret: str, infusion: Infusion, people: People
) -> None:
    step = premedication(infusion)[0]
    step_tick(step=step, by=people.sam, at=STARTS_AT, now=STARTS_AT)
    nana.post(f"/g/{secret}/undo/", {"step": step.pk})
    step.refresh_from_db()
    assert (step.state, step.said_by) == ("done", people.sam)


def test_who_may_only_look_has_no_button_and_no_way_round(phone: Client, people: People, infusion: Infusion) -> None:
    secret = made(people, infusion, may_record=False)
    phone.post(f"/g/{secret}/name/", {"name": "Nana"})
    assert "Given now" not in phone.get(f"/g/{secret}/").content.decode()
    before, step = everything(), premedication(infusion)[0]
    for verb in ("done", "skip"):
        assert phone.post(f"/g/{secret}/{verb}/", {"step": step.pk, "ago": 0, "reason": "vomited"}).status_code == 403
    assert everything() == before


def test_steps_of_another_child_and_of_later_do_not_exist(
    nana: Client, secret: str, infusion: Infusion, people: People
) -> None:
    other = active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=STARTS_AT - DAY)
    later = infusion.steps.filter(opens_at__gt=STARTS_AT).latest("due_at")
    before = everything()
    for key in (premedication(other)[0].pk, later.pk, 0, -1, "x", 10**30, ""):
        assert nana.post(f"/g/{secret}/done/", {"step": key, "ago": 0}).status_code == 404
    assert everything() == before


# --- its end --------------------------------------------------------------------------------------


def test_it_ends_at_its_time(nana: Client, secret: str, infusion: Infusion, clock: Traveller) -> None:
    clock.move_to(STARTS_AT + DAY)
    page = nana.get(f"/g/{secret}/")
    assert (page.status_code, "This page is closed" in page.content.decode()) == (410, True)
    assert nana.post(f"/g/{secret}/done/", {"step": premedication(infusion)[0].pk, "ago": 0}).status_code == 410


def test_the_family_closes_it(nana: Client, secret: str, people: People, browser_of: BrowserOf) -> None:
    browser_of(people.maria).post(f"/children/{people.lena.pk}/guests/{GuestLink.objects.get().pk}/end/")
    assert nana.get(f"/g/{secret}/").status_code == 410


def test_the_guest_does_nothing_once_the_plan_is_a_draft_or_moved_away(
    nana: Client, secret: str, infusion: Infusion
) -> None:
    infusion.plan.status = "ended"
    infusion.plan.save()
    assert nana.post(f"/g/{secret}/done/", {"step": premedication(infusion)[0].pk, "ago": 0}).status_code == 404


def test_a_plan_that_is_not_prescribed_yet_has_no_guests(people: People, nana: Client, secret: str) -> None:
    draft = plan_draft(child=people.lena, version=built_in_version(ACTIVATED_AT), by=people.weiss, at=ACTIVATED_AT)
    infusion = draft.infusions.get()
    with pytest.raises(Refused, match="not active yet"):
        made(people, infusion)
    # Nothing is due in it, and nothing breaks.
    GuestLink.objects.update(infusion=infusion)
    assert nana.get(f"/g/{secret}/").status_code == 200


def test_views_and_ticks_stand_in_the_log(nana: Client, secret: str, infusion: Infusion, clock: Traveller) -> None:
    for _ in range(3):
        nana.get(f"/g/{secret}/")
    clock.shift(timedelta(minutes=16))
    nana.get(f"/g/{secret}/")
    log = AuditEvent.objects.filter(subject=f"child {infusion.plan.child_id}", who__startswith="Nana")
    assert list(log.values_list("verb", "role", "about")) == [
        ("agreed", "guest", "guestlink"),
        ("saw", "guest", "guestlink"),
        ("saw", "guest", "guestlink"),
    ]


# --- making ---------------------------------------------------------------------------------------


def _typed(of: Infusion, **more: str) -> dict[str, str]:
    return {
        "label": "Grandma",
        "infusion": str(of.pk),
        "until": "2026-06-16T20:00",
        "may_record": "on",
        **more,
    }


def test_a_guardian_makes_a_page(people: People, infusion: Infusion, browser_of: BrowserOf) -> None:
    response = browser_of(people.maria).post(f"/children/{people.lena.pk}/guests/", _typed(infusion), follow=True)
    assert "A page for Grandma" in response.content.decode()
    link = GuestLink.objects.get()
    assert (link.until.isoformat(), link.may_record, link.infusion) == ("2026-06-17T03:00:00+00:00", True, infusion)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"until": "2026-06-15T08:00"}, "That time has gone by."),
        ({"until": "2026-07-15T08:00"}, "lasts 14 days at most"),
        ({"until": "9999-12-31T23:59"}, "Check the year."),
        ({"until": "soon"}, "Write the day and the time"),
        ({"label": ""}, "Write who it is for"),
        ({"infusion": "0"}, "Choose one of the infusions."),
    ],
)
def test_what_cannot_be_is_said(
    people: People, infusion: Infusion, browser_of: BrowserOf, more: dict[str, str], said: str
) -> None:
    response = browser_of(people.maria).post(f"/children/{people.lena.pk}/guests/", _typed(infusion, **more))
    assert (response.status_code, said in response.content.decode()) == (422, True)
    assert not GuestLink.objects.exists()


def test_not_without_end(people: People, infusion: Infusion, browser_of: BrowserOf) -> None:
    for _ in range(MOST_STANDING):
        made(people, infusion)
    response = browser_of(people.maria).post(f"/children/{people.lena.pk}/guests/", _typed(infusion))
    assert (response.status_code, GuestLink.objects.count()) == (422, MOST_STANDING)


@pytest.mark.parametrize(("person", "status"), [("sam", 403), ("weiss", 404), ("tom", 404)])
def test_only_a_guardian_makes_one(
    people: People, infusion: Infusion, browser_of: BrowserOf, person: str, status: int
) -> None:
    response = browser_of(getattr(people, person)).post(f"/children/{people.lena.pk}/guests/", _typed(infusion))
    assert (response.status_code, GuestLink.objects.count()) == (status, 0)


def test_guessing_secrets_ends_in_a_wait(nana: Client, secret: str) -> None:
    for number in range(MOST_FAILURES):
        nana.get(f"/g/wrong-{number}/")
    assert nana.get(f"/g/{secret}/").status_code == 429


def test_what_is_over_is_history_and_no_guests(
    nana: Client, secret: str, infusion: Infusion, people: People, clock: Traveller
) -> None:
    given, missed = premedication(infusion)
    step_tick(step=given, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    clock.move_to(STARTS_AT + timedelta(hours=20))
    Step.objects.filter(pk=missed.pk).update(state="missed", next_nudge_at=None)
    before = everything()
    for step in (given, missed):
        for act in ("done", "skip"):
            said = nana.post(f"/g/{secret}/{act}/", {"step": step.pk, "ago": 0, "reason": "asleep"})
            assert (said.status_code, "Maria" in said.content.decode()) == (404, False)
    assert everything() == before

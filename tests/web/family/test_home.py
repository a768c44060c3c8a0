"""The first page after signing in, and the outbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.concerns import concern_raise
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.actions.steps import step_tick
from ivig_care.care_teams.models import AuditEvent, Membership, Role
from ivig_care.nudges.models import OutboxMessage
from ivig_care.plans.models import Dose, Infusion, Step
from ivig_care.regimen.signs import Level
from ivig_care.reviews.models import Concern
from tests.actors import People
from tests.answering import concern_answer
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import ChildFactory, ContactPointFactory, MembershipFactory, active_infusion
from tests.password import PASSWORD
from tests.web.clinic.story import finish

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

SignedIn = Callable[[User], Client]

pytestmark = pytest.mark.usefixtures("clock")


def test_what_is_now_next_and_later(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    page = _text(browser_of(people.sam).get("/"))
    now, following, later = page.index('id="now"'), page.index('id="next"'), page.index('id="later"')
    day, both = page.index("Infusion, day 1 of 2"), page.index("2 medicines together")
    assert now < day < both < page.index("Acetaminophen", both) < following < later
    assert "300 mg = 9.4 mL" in page
    assert f"{reverse('checklist', args=[infusion.pk])}#day-20260616" in page
    # There is only one child, so nobody asks whose it is.
    assert 'class="who"' not in page


def test_every_child_has_its_name_on_its_steps_in_the_order_in_which_they_are_due(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    ben = ChildFactory.create(clinic=people.riverside, given_name="Ben")
    MembershipFactory.create(user=people.maria, child=ben, role=Role.CAREGIVER)
    active_infusion(child=ben, by=people.weiss, starts_at=STARTS_AT + timedelta(minutes=10), at=ACTIVATED_AT)
    page = _text(browser_of(people.maria).get("/"))
    assert page.count('<p class="who">Lena</p>') > 1
    assert page.count('<p class="who">Ben</p>') > 1
    rows = [part.partition("</p>")[0] for part in page.partition('id="next"')[0].split('<article class="step ')[1:]]
    whose = [row.rpartition(">")[2] for row in rows if "together" not in row]
    # By the minute at which each is due: Lena is half past, Ben ten minutes later, drinks in the middle of the day.
    assert whose == ["Lena", "Lena", "Ben", "Ben", "Lena"]
    assert not re.search(r"\bKai\b", page)


def test_a_tick_of_the_first_page_is_answered_with_the_first_page(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria, step = browser_of(people.maria), infusion.steps.get(slot="premedication.d1.acetaminophen")
    url = reverse("step_tick", args=[step.pk])
    plain = maria.post(url, {"ago": "0", "from": "home"})
    after = infusion.steps.get(slot="premedication.d1.diphenhydramine")
    assert plain.headers["Location"] == f"/#step-{after.pk}"
    page = _text(maria.get("/"))
    assert "Just done" in page
    assert "Maria, Mon 9:00 am" in page
    quick = maria.post(reverse("step_undo", args=[step.pk]), {"from": "home"}, headers={"HX-Request": "true"})
    assert "/live/?seen=" in quick.content.decode()
    assert "It is open again." in quick.content.decode()
    other = maria.post(url, {"ago": "0", "from": "https://elsewhere.example"})
    assert other.headers["Location"] == f"{reverse('checklist', args=[infusion.pk])}#step-{after.pk}"


def test_several_are_ticked_and_taken_back_on_the_first_page(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    steps = list(infusion.steps.filter(slot__startswith="premedication.d1").values_list("pk", flat=True))
    said = {"step": steps, "ago": "0", "from": "home"}
    drink = infusion.steps.open().exclude(pk__in=steps).filter(opens_at__lte=STARTS_AT, closes_at__gt=STARTS_AT).get()
    assert maria.post(reverse("steps_tick", args=[infusion.pk]), said).headers["Location"] == f"/#step-{drink.pk}"
    undo = f"{reverse('steps_undo', args=[infusion.pk])}?step={steps[0]}&step={steps[1]}"
    page = _text(maria.get("/"))
    assert undo.replace("&", "&amp;") in page
    assert maria.post(undo, {"from": "home"}).headers["Location"] == "/#now"


def test_of_several_children_what_was_done_says_for_whom(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    _sibling(people)
    maria = browser_of(people.maria)
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    maria.post(reverse("step_tick", args=[step.pk]), {"ago": "0", "from": "home"})
    assert "Lena – Acetaminophen: given Mon 9:00 am." in _text(maria.get("/"))
    maria.post(reverse("step_undo", args=[step.pk]), {"from": "home"})
    assert "Lena – Acetaminophen: undone. It is open again." in _text(maria.get("/"))
    pair = list(infusion.steps.filter(slot__startswith="premedication.d1").values_list("pk", flat=True))
    maria.post(reverse("steps_tick", args=[infusion.pk]), {"step": pair, "ago": "0", "from": "home"})
    assert "Lena – Acetaminophen: given Mon 9:00 am. Diphenhydramine: given" in _text(maria.get("/"))


def test_of_one_child_nobody_asks_for_whom(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    sam, step = browser_of(people.sam), infusion.steps.get(slot="premedication.d1.acetaminophen")
    sam.post(reverse("step_tick", args=[step.pk]), {"ago": "0", "from": "home"})
    assert "<span>Acetaminophen: given Mon 9:00 am." in _text(sam.get("/"))
    start = reverse("day_start", args=[infusion.days.get(number=1).pk])
    assert 'class="who"' not in _text(sam.get(start, {"ago": "0"}))


@pytest.mark.parametrize("name", ["day_start", "day_end", "rate_enter", "pause", "lot_enter", "extra_dose", "closing"])
def test_of_several_children_every_form_says_whose_it_is(
    infusion: Infusion, people: People, browser_of: SignedIn, name: str
) -> None:
    _sibling(people)
    day = infusion.days.get(number=1)
    infusion_day_start(day=day, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    key = infusion.pk if name in ("extra_dose", "closing") else day.pk
    assert '<p class="who">Lena</p>' in _text(browser_of(people.maria).get(reverse(name, args=[key])))


def test_the_next_thing_is_the_infusion_when_it_comes_before_the_next_step(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    now = STARTS_AT - timedelta(minutes=25)
    for step in infusion.steps.open().filter(opens_at__lte=now):
        step_tick(step=step, by=people.maria, at=now, now=now)
    clock.move_to(now)
    maria = browser_of(people.maria)
    for page in ("/", reverse("checklist", args=[infusion.pk])):
        assert "Nothing to do right now. Next at <strong>Mon 9:00 am</strong>." in _text(maria.get(page)), page


def test_what_stopped_a_tick_is_said_on_the_first_page(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria, step = browser_of(people.maria), infusion.steps.get(slot="premedication.d1.acetaminophen")
    refused = maria.post(reverse("step_tick", args=[step.pk]), {"at": "yesterday", "from": "home"})
    assert refused.status_code == 422
    page = _text(refused)
    assert "/live/?seen=" in page
    assert 'value="yesterday"' in page


def test_the_first_page_asks_whether_there_is_anything_new(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    maria = browser_of(people.maria)
    seen = re.search(r"/live/\?seen=([\w-]+)", _text(maria.get("/")))
    assert seen is not None
    assert maria.get("/live/", {"seen": seen[1]}).status_code == 204
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.sam, at=STARTS_AT, now=STARTS_AT)
    news = maria.get("/live/", {"seen": seen[1]})
    assert "Sam, Mon 9:00 am" in _text(news)
    seen = re.search(r"/live/\?seen=([\w-]+)", _text(news))
    assert seen is not None
    clock.shift(timedelta(hours=5))
    assert maria.get("/live/", {"seen": seen[1]}).status_code == 200


def test_who_may_only_look_ticks_nothing(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    Membership.objects.filter(user=people.sam).update(role=Role.VIEWER)
    page = _text(browser_of(people.sam).get("/"))
    assert "Acetaminophen" in page
    assert "given now" not in page
    assert "It has started" not in page


def test_what_is_closed_stands_at_the_end(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    earlier = active_infusion(
        child=people.lena,
        by=people.weiss,
        starts_at=STARTS_AT - timedelta(days=60),
        at=ACTIVATED_AT - timedelta(days=60),
    )
    finish(earlier, by=people.maria)
    page = _text(browser_of(people.maria).get("/"))
    assert page.index("Lena: infusion of Mon 15 Jun") < page.index("Lena: infusion of Thu 16 Apr 2026")


def test_opening_the_first_page_is_in_the_log_of_each_child_once(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    for _ in range(2):
        maria.get("/")
    looks = AuditEvent.objects.filter(verb=AuditEvent.Verb.SAW, actor=people.maria)
    assert [(one.about, one.about_id) for one in looks] == [("infusion", infusion.pk)]


def test_an_open_red_flag_stands_on_top_until_the_clinic_answers_and_then_the_answer(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)
    seen = re.search(r"/live/\?seen=([\w-]+)", _text(maria.get("/")))
    assert seen is not None
    concern = concern_raise(
        infusion=infusion,
        kind=Concern.Kind.SYMPTOMS,
        about="x",
        words="Stiff neck",
        by=people.maria,
        now=STARTS_AT,
        level=Level.CALL_NOW,
    )
    page = _text(maria.get(reverse("home_live"), {"seen": seen[1]}))
    assert page.index('id="now"') < page.index("Call Riverside Clinic now") < page.index("Infusion, day 1 of 2")
    assert "Stiff neck" in page
    concern_answer(concern=concern, words="Come in.", by=people.weiss, now=STARTS_AT)
    page = _text(maria.get("/"))
    assert "Call Riverside Clinic now" not in page
    assert "“Come in.”" in page


def test_nothing_yet_says_what_will_be_there(people: People, browser_of: SignedIn) -> None:
    assert "as soon as the clinic has planned the next infusion" in _text(browser_of(people.tom).get("/"))


def test_a_clinician_goes_to_the_clinic(people: People, browser_of: SignedIn) -> None:
    assert browser_of(people.weiss).get("/").headers["Location"] == reverse("clinic")


def test_a_clinician_who_is_a_parent_finds_both(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    MembershipFactory.create(user=people.weiss, child=people.kai, role=Role.GUARDIAN)
    page = browser_of(people.weiss).get("/").content.decode()
    assert reverse("clinic") in page
    assert "Lena" not in page


def test_signing_in_with_a_password(people: People) -> None:
    client = Client()
    wrong = client.post("/accounts/login/", {"login": "maria@example.org", "password": "no"})
    assert wrong.status_code == 200
    assert "maria@example.org" in wrong.content.decode()
    right = client.post("/accounts/login/", {"login": "maria@example.org", "password": PASSWORD})
    assert right.headers["Location"] == "/"


def test_nobody_signs_up_by_themselves(db: None) -> None:
    client = Client()
    client.post(
        "/accounts/signup/",
        {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not User.objects.filter(email="new@example.org").exists()


def test_the_outbox_shows_ones_own_messages(people: People, browser_of: SignedIn) -> None:
    for to in ("maria@example.org", "tom@example.org"):
        OutboxMessage.objects.create(kind="email", to=to, subject=f"for {to}", body="1 care step", at=STARTS_AT)
    page = browser_of(people.maria).get(reverse("outbox")).content.decode()
    assert "for maria@example.org" in page
    assert "for tom@example.org" not in page


def test_the_outbox_shows_nothing_of_an_address_that_is_not_proved(people: People, browser_of: SignedIn) -> None:
    marias = "+12125550140"
    ContactPointFactory.create(user=people.tom, kind="sms", address=marias, verified_at=None, consented_at=STARTS_AT)
    OutboxMessage.objects.create(kind="sms", to=marias, body="the code is 123456", at=STARTS_AT)
    assert "123456" not in browser_of(people.tom).get(reverse("outbox")).content.decode()
    assert "123456" in browser_of(people.maria).get(reverse("outbox")).content.decode()


def test_there_is_no_outbox_where_messages_leave(people: People, browser_of: SignedIn, settings: LazySettings) -> None:
    settings.HAS_OUTBOX = False
    assert browser_of(people.maria).get(reverse("outbox")).status_code == 404


def test_the_number_of_queries_depends_neither_on_children_nor_on_steps(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria = browser_of(people.maria)

    def queries() -> int:
        # The first look in a quarter of an hour is written into the log.
        maria.get("/")
        with CaptureQueriesContext(connection) as counted:
            assert maria.get("/").status_code == 200
        return len(counted)

    alone = queries()
    for name in ("Ben", "Ida", "Noah"):
        child = ChildFactory.create(clinic=people.riverside, given_name=name)
        MembershipFactory.create(user=people.maria, child=child, role=Role.GUARDIAN)
        other = active_infusion(child=child, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)
        step_tick(step=other.steps.all()[0], by=people.maria, at=STARTS_AT, now=STARTS_AT)
        steps = list(other.steps.all())
        for number, step in enumerate(steps):
            step.pk, step.slot = None, f"copy.{number}"
        Step.objects.bulk_create(steps)
    # Somebody who answered, and notes, are one query each; nobody had before.
    assert queries() <= alone + 1


def _sibling(people: People) -> None:
    ben = ChildFactory.create(clinic=people.riverside, given_name="Ben")
    MembershipFactory.create(user=people.maria, child=ben, role=Role.CAREGIVER)
    active_infusion(child=ben, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)


def _text(response: Response) -> str:
    return response.content.decode().replace("&nbsp;", " ").replace("\xa0", " ")


def test_the_first_page_comes_anew_when_another_infusion_s_dose_speaks_against_the_next(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    maria = browser_of(people.maria)
    seen = _seen(maria)
    assert maria.get(reverse("home_live"), {"seen": seen}).status_code == 204
    given = {"given_at": STARTS_AT - timedelta(hours=1), "entered_at": STARTS_AT, "entered_by": people.sam}
    Dose.objects.create(child=people.lena, ingredient="acetaminophen", mg=300, medicine_name="Tylenol", **given)
    assert infusion.pk
    page = maria.get(reverse("home_live"), {"seen": seen})
    assert page.status_code == 200
    assert "Next allowed Mon 12:00 pm" in _text(page)
    # And once it may be given.
    seen = _seen(maria)
    clock.shift(timedelta(hours=3))
    assert maria.get(reverse("home_live"), {"seen": seen}).status_code == 200


def _seen(browser: Client) -> str:
    found = re.search(r"/live/\?seen=([^\"]+)", browser.get("/").content.decode())
    assert found
    return found[1]

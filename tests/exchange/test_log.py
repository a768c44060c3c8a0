"""The log in plain words: sentences, filters, pages, and as many questions to the database however long it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import SECOND_FACTOR, SESSION, account_changed_note, signed_in_note
from ivig_care.actions.audit import Verb, audit_note, audit_seen
from ivig_care.actions.contact_points import contact_point_on, contact_point_switch_off
from ivig_care.actions.duties import duty_take
from ivig_care.actions.infusions import infusion_cancel, infusion_day_start
from ivig_care.actions.links import delivery_done
from ivig_care.actions.steps import step_note, step_tick
from ivig_care.care_teams.models import AuditEvent, Role
from ivig_care.exchange.log import Asked, log_of_child, log_of_clinic, log_of_person
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import MembershipFactory, UserFactory
from tests.web.messages import premedication, sent

SignedIn = Callable[[User], Client]
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("clock")


def sentences(infusion: Infusion, asked: Asked | None = None, *, reader: User | None = None) -> list[str]:
    """Every sentence, the oldest first."""
    log = log_of_child(infusion.plan.child, asked or Asked(), reader=reader)
    return [f"{line.sentence}." for line in reversed(log.lines)]


PLAN = [
    "Weiss, clinician of Riverside Clinic, began the plan.",
    "Weiss, clinician of Riverside Clinic, wrote the plan.",
    "Weiss, clinician of Riverside Clinic, activated the plan.",
]


def test_it_speaks_in_sentences(infusion: Infusion, people: People) -> None:
    step, lena = infusion.steps.get(slot="premedication.d1.acetaminophen"), people.lena
    step_tick(step=step, by=people.sam, at=STARTS_AT, now=STARTS_AT)
    step_note(step=step, by=people.maria, note="x", now=STARTS_AT + MINUTE)
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT + 2 * MINUTE)
    audit_seen(child=lena, about=infusion, by=people.weiss, now=STARTS_AT + 3 * MINUTE)
    duty_take(child=lena, user=people.sam, by=people.maria, now=STARTS_AT + 4 * MINUTE)
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT + 5 * MINUTE)
    audit_note(verb=Verb.EXPORTED, about="record", by=people.maria, now=STARTS_AT + 6 * MINUTE, child=lena)
    assert sentences(infusion, reader=people.maria) == [
        *PLAN,
        "Sam, caregiver, ticked Acetaminophen.",
        "You wrote a note on Acetaminophen.",
        "You said the start of day 1.",
        "Weiss, clinician of Riverside Clinic, looked at the checklist.",
        "You said who is on duty: Sam.",
        "Weiss, clinician of Riverside Clinic, cancelled the infusion.",
        "You took out the whole record.",
    ]


def test_what_was_sent_stands_between(infusion: Infusion, people: People) -> None:
    message = sent(infusion, people.maria, premedication(infusion), sent_at=STARTS_AT)
    sent(infusion, people.sam, premedication(infusion), sent_at=STARTS_AT - MINUTE, status="failed", kind="sms")
    sent(infusion, people.sam, premedication(infusion), sent_at=STARTS_AT - MINUTE, status="dropped", occasion="x")
    step = premedication(infusion)[0]
    delivery_done(delivery=message, steps=[step], at=STARTS_AT, now=STARTS_AT + MINUTE)
    assert sentences(infusion)[3:] == [
        "A reminder could not be sent to Sam by text message.",
        "A reminder went to Maria by text message.",
        "Maria, guardian, ticked Acetaminophen, by link.",
    ]
    assert sentences(infusion, Asked(kind="sent", person=people.maria.pk), reader=people.maria) == [
        "A reminder went to you by text message."
    ]


def test_what_is_erased_has_no_name_any_more(infusion: Infusion, people: People) -> None:
    event = audit_note(
        verb=Verb.RECORDED, about="step", by=people.sam, now=STARTS_AT, child=people.lena, detail="ticked"
    )
    assert event.about_id is None
    assert sentences(infusion)[-1] == "Sam, caregiver, ticked a step."


def test_another_childs_log_is_another(infusion: Infusion, people: People) -> None:
    audit_seen(child=people.kai, about="messages", by=people.tom, now=STARTS_AT)
    assert sentences(infusion) == PLAN
    assert [line.words for line in log_of_child(people.kai, Asked(), reader=None).lines] == ["looked at the messages"]


def test_it_can_be_narrowed_down(infusion: Infusion, people: People) -> None:
    audit_seen(child=people.lena, about=infusion, by=people.sam, now=STARTS_AT)
    sent(infusion, people.sam, premedication(infusion), sent_at=STARTS_AT)
    sam = "Sam, caregiver, looked at the checklist."
    assert sentences(infusion, Asked(kind="looked")) == [sam]
    assert sentences(infusion, Asked(kind="recorded")) == PLAN
    assert sentences(infusion, Asked(person=people.sam.pk, kind="looked")) == [sam]
    assert sentences(infusion, Asked(person=people.weiss.pk)) == PLAN
    assert sentences(infusion, Asked(ends=STARTS_AT)) == PLAN
    assert len(sentences(infusion, Asked(begins=STARTS_AT))) == 2
    assert sentences(infusion, Asked(kind="signed")) == []


def test_pages_leave_nothing_out_and_say_nothing_twice(infusion: Infusion, people: People) -> None:
    # Many at one instant, so that the page ends between things that are of the same time.
    for number in range(60):
        audit_note(verb=Verb.SAW, about="messages", by=people.sam, now=STARTS_AT, child=people.lena)
        sent(infusion, people.sam, [], sent_at=STARTS_AT, occasion=f"x{number}")
    keys, before = [], ""
    for _ in range(3):
        page = log_of_child(people.lena, Asked(before=before), reader=None)
        keys += [line.key for line in page.lines]
        before = page.older
    assert (len(keys), len(set(keys)), before) == (123, 123, "")


def test_the_number_of_queries_does_not_grow(infusion: Infusion, people: People) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            log_of_child(people.lena, Asked(), reader=people.maria)
        return len(counted)

    step_tick(step=infusion.steps.get(slot="fluids-during.d1"), by=people.sam, at=STARTS_AT, now=STARTS_AT)
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    before = queries()
    for number, step in enumerate(infusion.steps.all()[:20]):
        audit_note(verb=Verb.RECORDED, about=step, by=people.sam, now=STARTS_AT, child=people.lena, detail="ticked")
        sent(infusion, people.sam, [step], sent_at=STARTS_AT, occasion=f"x{number}")
    assert (queries(), before) == (4, 4)


def test_every_verb_counts_as_something_and_reads_as_a_sentence(infusion: Infusion, people: People) -> None:
    for verb in Verb:
        audit_note(verb=verb, about="something", by=people.sam, now=STARTS_AT, child=people.lena)
    assert len(sentences(infusion)) == 3 + len(Verb)


# --- the pages ---------------------------------------------------------------------------------


def test_a_guardian_reads_it_in_the_childs_time(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.sam, at=STARTS_AT, now=STARTS_AT)
    response = browser_of(people.maria).get(reverse("child_log", args=[people.lena.pk]))
    page = response.content.decode()
    assert response.status_code == 200
    for words in ("Lena: the log", "<strong>Sam</strong>, caregiver, ticked Acetaminophen", "Mon 15 Jun 2026, 9:00 am"):
        assert words in page, words
    assert "Kai" not in page
    assert AuditEvent.objects.filter(verb=Verb.SAW, about="log", actor=people.maria).count() == 1


def test_nobody_else_reads_it(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    path = reverse("child_log", args=[people.lena.pk])
    answers = {user.name: browser_of(user).get(path).status_code for user in (people.sam, people.weiss, people.tom)}
    assert answers == {"Sam": 403, "Weiss": 404, "Tom": 404}


def test_the_form_works_with_what_an_address_says(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    step, lena = infusion.steps.get(slot="fluids-during.d1"), people.lena
    for number in range(60):
        now = STARTS_AT + number * MINUTE
        audit_note(verb=Verb.RECORDED, about=step, by=people.sam, now=now, child=lena, detail=f"x {number}")
    maria, path = browser_of(people.maria), reverse("child_log", args=[people.lena.pk])
    asked = {"person": str(people.sam.pk), "kind": "recorded", "begins": "2026-06-15", "ends": "2026-06-15"}
    first = maria.get(path, asked)
    assert len(first.context["log"].lines) == 50
    second = maria.get(f"{path}?{first.context['older']}")
    assert [line.words.split()[1] for line in second.context["log"].lines] == [str(n) for n in range(9, -1, -1)]
    assert second.context["older"] == ""
    assert maria.get(path, {**asked, "ends": "2026-06-14", "begins": ""}).context["log"].lines == []


@pytest.mark.parametrize(
    "asked", [{"person": "x"}, {"person": "999999"}, {"kind": "x"}, {"begins": "x"}, {"ends": "x"}]
)
def test_what_cannot_be_asked_is_said_and_everything_shown(
    infusion: Infusion, people: People, browser_of: SignedIn, asked: dict[str, str]
) -> None:
    response = browser_of(people.maria).get(reverse("child_log", args=[people.lena.pk]), asked)
    assert response.status_code == 200
    assert b'role="alert"' in response.content
    assert len(response.context["log"].lines) >= 3


@pytest.mark.parametrize("before", ["x", "2026-06-15", "2026-06-15T09:00:00_a1", "2026-06-15T09:00:00+00:00_z1", "_a"])
def test_an_address_that_we_never_gave_is_not_found(
    infusion: Infusion, people: People, browser_of: SignedIn, before: str
) -> None:
    path = reverse("child_log", args=[people.lena.pk])
    assert browser_of(people.maria).get(path, {"before": before}).status_code == 404


def test_an_admin_reads_the_clinics_log_and_no_child_is_in_it(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    admin = UserFactory.create(name="Ada", email="ada@example.org")
    MembershipFactory.create(user=admin, clinic=people.riverside, role=Role.ADMIN)
    audit_note(verb=Verb.ENDED, about=people.lee, by=admin, now=STARTS_AT, clinic=people.riverside, detail="Lee, nurse")
    audit_note(verb=Verb.ENDED, about=people.lee, by=None, now=STARTS_AT, clinic=people.hillside, detail="Other")
    response = browser_of(admin).get(reverse("clinic_log"))
    lines = response.context["log"].lines
    assert [line.sentence for line in lines] == ["You ended a place in the team: Lee, nurse"]
    assert b"Lena" not in response.content
    (line,) = log_of_clinic(people.riverside, Asked(), reader=people.lee).lines
    assert line.sentence == "Ada, clinic admin of Riverside Clinic, ended a place in the team: Lee, nurse"
    assert browser_of(people.weiss).get(reverse("clinic_log")).status_code == 404
    assert browser_of(admin).get(reverse("clinic_log"), {"clinic": people.hillside.pk}).status_code == 404


def test_everybody_reads_their_own(people: People, browser_of: SignedIn) -> None:
    point = people.sam.contact_points.get(kind="sms")
    contact_point_switch_off(contact_point=point, now=STARTS_AT)
    contact_point_on(contact_point=point, now=STARTS_AT + MINUTE)
    assert [line.words for line in log_of_person(people.sam, Asked(), reader=people.sam).lines] == [
        "agreed to reminders: text message",
        "ended reminders: text message",
    ]
    page = browser_of(people.sam).get(reverse("own_log")).content.decode()
    assert "<strong>You</strong> agreed to reminders: text message" in page
    assert browser_of(people.tom).get(reverse("own_log")).context["log"].lines == []


def test_signing_in_and_out_reads_as_sentences(people: People) -> None:
    signed_in_note(person=people.sam, way="passkey", now=STARTS_AT)
    account_changed_note(person=people.sam, about=SECOND_FACTOR, now=STARTS_AT + MINUTE)
    audit_note(verb=Verb.ENDED, about=SESSION, by=people.sam, now=STARTS_AT + 2 * MINUTE, person=people.sam, detail="x")
    assert [line.words for line in log_of_person(people.sam, Asked(), reader=people.sam).lines] == [
        "signed out: x",
        "changed the second factor",
        "signed in: passkey",
    ]


@pytest.mark.parametrize("asked", ["ends=9999-12-31", "begins=9999-12-31", "begins=0001-01-01", "ends=0001-01-01"])
def test_the_ends_of_the_calendar_break_nothing(asked: str, people: People, browser_of: SignedIn) -> None:
    for page in (f"/children/{people.lena.pk}/log/", "/you/log/"):
        shown = browser_of(people.maria).get(f"{page}?{asked}")
        assert (shown.status_code, "Check the year." in shown.content.decode()) == (200, True)

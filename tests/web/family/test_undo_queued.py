"""Undo without a signal: sent later once, and it takes back what the person saw and nothing that was said since."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import SentEntry, User
from ivig_care.diary.models import FluidEntry, SymptomReport
from ivig_care.plans.models import Dose, Infusion, InfusionDay, InfusionDayEvent, ProductLot, RateEntry, Step
from tests.actors import People
from tests.conftest import STARTS_AT

SignedIn = Callable[[User], Client]
LATER = {"X-Queued": "later"}
MINUTE = timedelta(minutes=1)
BEFORE = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def maria(people: People, browser_of: SignedIn) -> Client:
    """Maria, signed in."""
    return browser_of(people.maria)


@pytest.fixture
def sam(people: People, browser_of: SignedIn) -> Client:
    """Sam, signed in."""
    return browser_of(people.sam)


@pytest.fixture
def step(infusion: Infusion) -> Step:
    """The first medicine of day 1."""
    return infusion.steps.get(slot="premedication.d1.acetaminophen")


@pytest.fixture
def day(infusion: Infusion, clock: Traveller) -> InfusionDay:
    """Day 1; it is six hours after its planned start."""
    clock.shift(timedelta(hours=6))
    return infusion.days.get(number=1)


def exact(minutes: int) -> str:
    """So many minutes after the planned start, as a device writes it."""
    return f"{STARTS_AT + minutes * MINUTE:%Y-%m-%dT%H:%M:%S%z}"


def queued(client: Client, page: str, url: str) -> dict[str, str]:
    """What the form at `url` would send later, out of a page that the device kept."""
    html = client.get(page).content.decode()
    form = html.rsplit(f'action="{url}"', 1)[1].split("</form>")[0]
    assert form.split(">")[0].count("data-queue") == 1
    said = dict(BEFORE.findall(form))
    assert said["key"]
    return said | {"exact": exact(0)}


def send(client: Client, url: str, said: dict[str, str]) -> Any:
    """Send it when there is a signal again."""
    return client.post(url, said, headers=LATER)


def test_an_undone_step_is_sent_once(infusion: Infusion, step: Step, maria: Client) -> None:
    maria.post(reverse("step_tick", args=[step.pk]))
    url = reverse("step_undo", args=[step.pk])
    said = queued(maria, reverse("checklist", args=[infusion.pk]), url)
    first, again = send(maria, url, said), send(maria, url, said)
    assert first.json() == again.json()
    assert (first.json()["status"], first.json()["words"]) == ("recorded", "Acetaminophen: undone. It is open again.")
    assert Dose.objects.standing().count() == 0
    assert step.events.count() == 2


@pytest.mark.parametrize("headers", [LATER, {}, {"HX-Request": "true"}])
def test_a_dose_that_was_given_since_is_not_taken_back(
    infusion: Infusion, step: Step, maria: Client, sam: Client, headers: dict[str, str]
) -> None:
    maria.post(reverse("step_tick", args=[step.pk]), {"exact": exact(-40)})
    url = reverse("step_undo", args=[step.pk])
    said = queued(maria, reverse("checklist", args=[infusion.pk]), url)
    sam.post(url)
    sam.post(reverse("step_tick", args=[step.pk]), {"exact": exact(-5)})
    answer = maria.post(url, said, headers=headers)
    words = answer.json()["words"] if headers == LATER else answer.content.decode()
    assert "Sam has said something else about this meanwhile: Mon 8:55 am. It stands, and nothing was undone." in words
    step.refresh_from_db()
    assert (step.state, step.said_at) == ("done", STARTS_AT - 5 * MINUTE)
    assert Dose.objects.standing().get().given_at == STARTS_AT - 5 * MINUTE
    assert not SentEntry.objects.filter(path=url, status="").exists()


def test_what_was_given_together_is_undone_as_it_was_seen(infusion: Infusion, maria: Client, sam: Client) -> None:
    both = list(infusion.steps.filter(kind="premedication", day_number=1))
    tick = reverse("steps_tick", args=[infusion.pk])
    page = maria.post(tick, {"step": [one.pk for one in both], "exact": exact(-40)}, follow=True).content.decode()
    toast = page.split('class="toast')[1].split("</form>")[0].replace("&amp;", "&")
    url = f"{reverse('steps_undo', args=[infusion.pk])}?step={both[0].pk}&step={both[1].pk}"
    assert f'action="{url}" data-queue data-label="Undo: ' in toast
    marks = [value for name, value in BEFORE.findall(toast) if name == "of"]
    sam.post(reverse("step_undo", args=[both[1].pk]))
    sam.post(reverse("step_tick", args=[both[1].pk]), {"exact": exact(-5)})
    said = maria.post(url, {"key": "key-of-the-toast", "of": marks}, headers=LATER)
    assert said.json()["status"] == "refused"
    assert [one.state for one in infusion.steps.filter(pk__in=[one.pk for one in both])] == ["done", "done"]


def test_a_day_that_had_not_ended_is_sent_once(day: InfusionDay, maria: Client) -> None:
    for name, at in (("day_start", 20), ("day_end", 300)):
        maria.post(reverse(name, args=[day.pk]), {"exact": exact(at)})
    url = reverse("day_undo", args=[day.pk])
    said = queued(maria, reverse("infusion_card", args=[day.pk]), url)
    first, again = send(maria, url, said), send(maria, url, said)
    assert first.json() == again.json()
    assert first.json()["words"] == "Undone. The open steps are where they were before."
    day.refresh_from_db()
    # The second did not take back the start as well.
    assert (day.actual_start, day.actual_end) == (STARTS_AT + 20 * MINUTE, None)
    assert InfusionDayEvent.objects.filter(kind="end undone").count() == 1


def test_both_undo_the_end_and_the_start_stays(day: InfusionDay, maria: Client, sam: Client) -> None:
    for name, at in (("day_start", 20), ("day_end", 300)):
        maria.post(reverse(name, args=[day.pk]), {"exact": exact(at)})
    url, card = reverse("day_undo", args=[day.pk]), reverse("infusion_card", args=[day.pk])
    seen = [queued(one, card, url) for one in (maria, sam)]
    for one, said in zip((maria, sam), seen, strict=True):
        assert one.post(url, said).status_code == 302
    day.refresh_from_db()
    assert (day.actual_start, day.actual_end) == (STARTS_AT + 20 * MINUTE, None)


def test_another_end_that_was_said_since_stays(day: InfusionDay, maria: Client, sam: Client) -> None:
    for name, at in (("day_start", 20), ("day_end", 300)):
        maria.post(reverse(name, args=[day.pk]), {"exact": exact(at)})
    url = reverse("day_undo", args=[day.pk])
    said = queued(maria, reverse("infusion_card", args=[day.pk]), url)
    sam.post(reverse("day_end", args=[day.pk]), {"exact": exact(320)})
    words = "Sam has said something else about this meanwhile: Mon 2:20 pm. It stands, and nothing was undone."
    assert (send(maria, url, said).json()["status"], send(maria, url, said).json()["words"]) == ("refused", words)
    day.refresh_from_db()
    assert day.actual_end == STARTS_AT + 320 * MINUTE


def test_a_start_is_not_undone_past_an_end(day: InfusionDay, maria: Client, sam: Client) -> None:
    maria.post(reverse("day_start", args=[day.pk]), {"exact": exact(20)})
    url = reverse("day_undo", args=[day.pk])
    said = queued(maria, reverse("checklist", args=[day.infusion_id]), url)
    sam.post(reverse("day_end", args=[day.pk]), {"exact": exact(300)})
    assert send(maria, url, said).json()["words"] == "This day has an end as well. Undo that first."
    day.refresh_from_db()
    assert (day.actual_start, day.actual_end) == (STARTS_AT + 20 * MINUTE, STARTS_AT + 300 * MINUTE)


def test_the_toast_of_a_day_goes_with_what_is_said_of_that_day(day: InfusionDay, maria: Client) -> None:
    saved = maria.post(reverse("day_start", args=[day.pk]), {"exact": exact(20), "back": "card"}, follow=True)
    toast = saved.content.decode().split('class="toast')[1].split("</form>")[0]
    assert f'data-order="day-{day.pk}" data-what="unstart"' in toast
    day.refresh_from_db()
    assert f'name="of" value="{day.said_mark}"' in toast


def test_what_has_a_row_of_its_own_is_queued_as_well(day: InfusionDay, maria: Client) -> None:
    pk = day.infusion_id
    maria.post(reverse("day_start", args=[day.pk]), {"exact": exact(20)})
    maria.post(reverse("rate_enter", args=[day.pk]), {"exact": exact(25), "ml_h": "12"})
    maria.post(reverse("lot_enter", args=[day.pk]), {"brand": "Gamunex-C", "lot": "L1", "exact": exact(25)})
    maria.post(reverse("drinks", args=[pk]), {"kind": "water", "amount": "100", "unit": "mL"})
    maria.post(reverse("symptoms", args=[pk]), {"symptom": "headache", "sev_headache": "mild"})
    maria.post(reverse("extra_dose", args=[pk]), {"medicine": "ibuprofen", "amount": "100", "unit": "mg", "ago": "0"})
    rows: list[tuple[str, Any, str]] = [
        ("rate_undo", RateEntry.objects.get(), reverse("infusion_card", args=[day.pk])),
        ("lot_undo", ProductLot.objects.get(), reverse("infusion_card", args=[day.pk])),
        ("drink_undo", FluidEntry.objects.get(), reverse("drinks", args=[pk])),
        ("report_undo", SymptomReport.objects.get(), reverse("diary", args=[pk])),
        ("dose_undo", Dose.objects.get(step=None), reverse("diary", args=[pk])),
    ]
    for name, row, page in rows:
        url = reverse(name, args=[row.pk])
        said = queued(maria, page, url)
        assert send(maria, url, said).json()["status"] == "recorded"
        row.refresh_from_db()
        assert row.taken_back_at is not None


def test_whoever_may_not_undo_a_red_flag_is_told_so_later(infusion: Infusion, maria: Client, sam: Client) -> None:
    maria.post(reverse("symptoms", args=[infusion.pk]), {"symptom": "breathlessness"})
    url = reverse("report_undo", args=[SymptomReport.objects.get().pk])
    said = queued(sam, reverse("diary", args=[infusion.pk]), url)
    answer = send(sam, url, said)
    assert answer.json()["status"] == "refused"
    assert "nobody else can undo it" in answer.json()["words"]
    # With a signal, the form of a script is led to the page that says so.
    now = sam.post(url, said | {"key": "another-key"}, headers={"X-Queued": "now"})
    assert (now.status_code, now.json()["to"]) == (200, reverse("diary", args=[infusion.pk]))
    assert "nobody else can undo it" in sam.get(now.json()["to"]).content.decode()


def test_the_first_cup_waits_too(infusion: Infusion, maria: Client) -> None:
    page, url = reverse("drinks", args=[infusion.pk]), reverse("cups", args=[infusion.plan.child_id])
    said = queued(maria, page, url) | {"name": "Blue cup", "amount": "200"}
    assert send(maria, url, said).json()["status"] == "recorded"
    assert "Blue cup" in maria.get(page).content.decode()

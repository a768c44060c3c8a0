"""The infusion card: prescribed beside running, one tap for what is next, and everything can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.actions.lots import Label, lot_enter
from ivig_care.actions.rates import infusion_day_pause, infusion_day_resume, rate_enter
from ivig_care.actions.steps import step_tick
from ivig_care.care_teams.models import Role
from ivig_care.plans.card import card_of
from ivig_care.plans.card_words import differences, questions
from ivig_care.plans.models import Infusion, InfusionDay, ProductLot, RateEntry
from ivig_care.protocols.models import Product
from ivig_care.reviews.models import Concern
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.factories import ChildFactory, MembershipFactory, UserFactory, active_infusion

SignedIn = Callable[[User], Client]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def day(infusion: Infusion, people: People, clock: Traveller) -> InfusionDay:
    """Day 1, which has started as planned; it is 20 minutes later."""
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    clock.move_to(STARTS_AT + 20 * MINUTE)
    return infusion.days.get(number=1)


@pytest.fixture
def maria(people: People, browser_of: SignedIn) -> Client:
    """Maria's phone."""
    return browser_of(people.maria)


def text_of(client: Client, day: InfusionDay, **query: str) -> str:
    """The card as somebody reads it."""
    page = client.get(reverse("infusion_card", args=[day.pk]), query)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def test_it_says_when_it_ends_and_what_is_next(day: InfusionDay, maria: Client) -> None:
    text = text_of(maria, day)
    assert "Ends about 1:48 pm , in 4 h 28 min ." in text
    assert "About 4 of 200 mL are in." in text
    assert "Nobody has said a rate yet" in text
    assert "The nurse set 12 mL/h at 9:00 am" in text
    assert "20 g = 200 mL" in text
    assert "20 kg, weighed Fri 12 Jun" in text


def test_before_the_start_the_one_tap_is_the_start(
    infusion: Infusion, people: People, maria: Client, clock: Traveller
) -> None:
    day = infusion.days.get(number=1)
    assert "It has started" in text_of(maria, day)
    url = reverse("day_start", args=[day.pk])
    page = maria.get(url, {"ago": "0", "back": "card"}).content.decode()
    assert '<input type="hidden" name="back" value="card">' in page
    response = maria.post(url, {"ago": "0", "back": "card"})
    assert response.headers["Location"] == reverse("infusion_card", args=[day.pk])


def test_asking_for_a_rate_shows_the_new_end_and_saves_nothing(day: InfusionDay, maria: Client) -> None:
    page = maria.get(reverse("rate_enter", args=[day.pk]), {"ml_h": "6", "ago": "0"}).content.decode()
    assert "6 mL/h from Mon 15 Jun, 9:20 am" in page
    assert "later." in page
    assert "Not saved yet." in page
    assert RateEntry.objects.count() == 0


@pytest.mark.parametrize("typed", ["24,5", "24.5", " 24.50 ", "24, 5"])
def test_saving_a_rate_leads_back_to_the_card_with_an_undo(day: InfusionDay, maria: Client, typed: str) -> None:
    response = maria.post(reverse("rate_enter", args=[day.pk]), {"ml_h": typed, "ago": "5"}, follow=True)
    assert response.redirect_chain == [(reverse("infusion_card", args=[day.pk]), 302)]
    entry = RateEntry.objects.get()
    assert (entry.ml_h, entry.at) == (Decimal("24.5"), STARTS_AT + 15 * MINUTE)
    page = response.content.decode()
    assert "24.5 mL/h from Mon 9:15 am." in page
    assert page.count(reverse("rate_undo", args=[entry.pk])) == 2
    maria.post(reverse("rate_undo", args=[entry.pk]))
    assert not RateEntry.objects.standing().exists()
    assert "24.5" not in text_of(maria, day).split("What to ask")[0].split("Undone")[1]


def test_a_rate_above_the_plan_asks_and_tells_the_clinic(day: InfusionDay, maria: Client) -> None:
    words = "The plan says at most 48 mL/h (2.4 mL/kg/h). Running: 62 mL/h (3.1 mL/kg/h). Ask the nurse."
    url = reverse("rate_enter", args=[day.pk])
    assert words in maria.get(url, {"ml_h": "62", "ago": "0"}).content.decode()
    maria.post(url, {"ml_h": "62", "ago": "0"})
    text = text_of(maria, day)
    assert f"{words} Riverside Clinic was told." in text
    assert "The maker’s label says at most 2.4 mL/kg/h (adult dermatomyositis)." in text
    assert Concern.objects.count() == 1


def test_a_rate_before_its_time_is_said_kindly(day: InfusionDay, maria: Client) -> None:
    page = maria.get(reverse("rate_enter", args=[day.pk]), {"ml_h": "24", "ago": "0"}).content.decode()
    assert "The plan has 12 mL/h for this time. Faster than that? Ask the nurse." in page
    assert not Concern.objects.exists()


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("rate_enter", "What does the pump show?"),
        ("pause", "Since when is it paused?"),
        ("resume", "At which rate does it go on?"),
    ],
)
def test_each_asks_in_its_own_words(day: InfusionDay, maria: Client, name: str, heading: str) -> None:
    page = maria.get(reverse(name, args=[day.pk])).content.decode()
    assert f"<h1>{heading}</h1>" in page


def test_the_first_rate_of_another_lot_begins_the_ladder_anew(day: InfusionDay, people: People, maria: Client) -> None:
    for number in range(2):
        label = Label(brand="Octagam 10 %", lot=f"A{number}")
        lot_enter(day=day, label=label, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    now = STARTS_AT + 20 * MINUTE
    rate_enter(day=day, ml_h=Decimal(24), by=people.maria, at=STARTS_AT, now=now)
    url = reverse("rate_enter", args=[day.pk])
    assert "first rate of a bottle of another lot" in maria.get(url).content.decode()
    maria.post(url, {"ml_h": "12", "ago": "0", "is_new_lot": "on"})
    assert RateEntry.objects.last().is_new_lot  # type: ignore[union-attr]
    assert "The nurse set 24 mL/h just now (planned 9:50 am)" in text_of(maria, day)


@pytest.mark.parametrize(
    ("name", "said", "model"),
    [
        ("rate_enter", {"ml_h": "24", "ago": "0"}, RateEntry),
        ("pause", {"ago": "0"}, RateEntry),
        ("lot_enter", {"brand": "Octagam 10 %", "lot": "A1"}, ProductLot),
    ],
)
def test_a_form_that_arrives_twice_is_said_once(
    day: InfusionDay, maria: Client, clock: Traveller, name: str, said: dict[str, str], model: type[RateEntry]
) -> None:
    for _ in range(2):
        assert maria.post(reverse(name, args=[day.pk]), {**said, "key": "a-key-of-its-own.1"}).status_code == 302
        clock.shift(MINUTE)
    assert model.objects.count() == 1


def test_pausing_and_going_on_are_one_tap_each(day: InfusionDay, maria: Client, clock: Traveller) -> None:
    pause = reverse("pause", args=[day.pk])
    assert "While it stands still nobody knows the end" in maria.get(pause, {"ago": "0"}).content.decode()
    maria.post(pause, {"ago": "0"})
    clock.shift(10 * MINUTE)
    text = text_of(maria, day)
    assert "paused" in text
    assert "It does not end before" in text
    assert "Goes on at 12 mL/h" in text
    maria.post(reverse("resume", args=[day.pk]), {"ml_h": "12", "ago": "0"})
    assert [entry.ml_h for entry in RateEntry.objects.all()] == [0, 12]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("rate_enter", {"ml_h": "fast", "ago": "0"}, "Write the number that the pump shows"),
        ("rate_enter", {"ml_h": "1e9", "ago": "0"}, "Write the number that the pump shows"),
        ("rate_enter", {"ml_h": "NaN", "ago": "0"}, "Write the number that the pump shows"),
        ("rate_enter", {"ml_h": "99999", "ago": "0"}, "Look at the number again"),
        ("rate_enter", {"ml_h": "1,000", "ago": "0"}, "Do you mean 1000 or 1?"),
        ("rate_enter", {"ml_h": "1.250", "ago": "0"}, "Do you mean 1250 or 1.25?"),
        ("rate_enter", {"ml_h": "-3", "ago": "0"}, "Write the number that the pump shows"),
        ("rate_enter", {"ml_h": "24", "ago": "60"}, "before the infusion started"),
        ("rate_enter", {"ml_h": "24", "at": "2026-06-15T23:00"}, "has not come"),
        ("pause", {"ago": "60"}, "before the infusion started"),
        ("pause", {"ago": "x"}, "Choose how long ago"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_cannot_be_is_refused_in_words_and_kept(
    day: InfusionDay, maria: Client, name: str, data: dict[str, str], words: str, method: str
) -> None:
    response = getattr(maria, method)(reverse(name, args=[day.pk]), data)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert "Nothing was saved." in page
    assert data.get("ml_h", "") in page
    assert RateEntry.objects.count() == 0


def test_a_bottle_is_noted_and_taken_back(day: InfusionDay, maria: Client) -> None:
    said = {"brand": "Octagam 10%", "lot": "A123", "expires_on": "2027-01-31", "grams": "10"}
    page = maria.post(reverse("lot_enter", args=[day.pk]), said, follow=True).content.decode()
    lot = ProductLot.objects.get()
    assert (lot.brand, lot.at) == ("Octagam 10%", STARTS_AT + 20 * MINUTE)
    assert "Octagam 10%, lot A123, is on the card." in page
    assert "good until 31 Jan 2027" in page
    assert "10 g noted. The plan has 20 g for today." in page
    maria.post(reverse("lot_undo", args=[lot.pk]))
    assert not ProductLot.objects.standing().exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"brand": "", "lot": "A1"}, "Write the brand"),
        ({"brand": "Octagam 10 %", "lot": ""}, "Write the lot number"),
        ({"brand": "Octagam 10 %", "lot": "A1", "grams": "many"}, "Write the grams"),
        ({"brand": "Octagam 10 %", "lot": "A1", "grams": "2,500"}, "Do you mean 2500 or 2.5?"),
        ({"brand": "Octagam 10 %", "lot": "A1", "expires_on": "31.31.31"}, "Write the date on the label"),
    ],
)
def test_a_bottle_that_says_too_little_is_kept_as_typed(
    day: InfusionDay, maria: Client, said: dict[str, str], words: str
) -> None:
    response = maria.post(reverse("lot_enter", args=[day.pk]), said)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert said["lot"] in page
    assert ProductLot.objects.count() == 0


def test_another_brand_and_another_strength_are_banners(day: InfusionDay, people: People) -> None:
    Product.objects.create(name="Octagam 5 %", mg_per_ml=50)
    now = STARTS_AT
    lot_enter(day=day, label=Label(brand="octagam 5%", lot="A1"), by=people.maria, at=now, now=now)
    lot_enter(day=day, label=Label(brand="Octagam", lot="A2"), by=people.maria, at=now, now=now)
    words = [one.words for one in differences(card_of(day, now=now))]
    assert words == [
        "The plan says Octagam 10 %. The bottle says octagam 5%. Ask the nurse.",
        "It has 50 mg in each mL, and the plan is for 100. So the mL and the rates here do not fit."
        " Ask the nurse at once.",
        "The plan says Octagam 10 %. The bottle says Octagam: is it the same strength? Ask the nurse.",
    ]


def test_what_to_ask_follows_what_is_known(day: InfusionDay, people: People) -> None:
    before = [ask.words for ask in questions(card_of(day, now=STARTS_AT))]
    assert before == [
        "Which brand is it, and what are the lot numbers? The plan says Octagam 10 %.",
        "Which weight was the dose worked out for? The plan says 20 kg.",
        "What is the highest rate today? The plan says 48 mL/h, that is 2.4 mL/kg/h.",
        "Was the medicine before the infusion given, and when?",
        "Is it the very first infusion? Then ask how slowly it starts.",
        "How long do we stay afterwards?",
    ]
    for step in day.infusion.steps.filter(kind="premedication", day_number=1):
        step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    for lot in ("A1", "A2"):
        label = Label(brand="Octagam 10 %", lot=lot)
        lot_enter(day=day, label=label, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    after = {ask.words for ask in questions(card_of(day, now=STARTS_AT))}
    assert after - set(before) == {"A bottle of another lot: does the rate begin again at the slowest?"}
    assert set(before) - after == {before[0], before[3]}


def test_it_says_nothing_new_until_there_is_something_or_a_minute_is_over(
    day: InfusionDay, maria: Client, people: People, clock: Traveller
) -> None:
    url = reverse("infusion_card_live", args=[day.pk])
    (seen,) = re.findall(r"\?seen=([^\"]+)", maria.get(url).content.decode())
    assert maria.get(url, {"seen": seen}).status_code == 204
    clock.shift(MINUTE)
    assert maria.get(url, {"seen": seen}).status_code == 200
    clock.shift(-MINUTE)
    rate_enter(day=day, ml_h=Decimal(12), by=people.sam, at=STARTS_AT, now=STARTS_AT)
    assert "9:00 am" in maria.get(url, {"seen": seen}).content.decode()


def test_who_may_only_look_sees_it_and_can_say_nothing(day: InfusionDay, people: People, browser_of: SignedIn) -> None:
    vera = UserFactory.create(name="Vera")
    MembershipFactory.create(user=vera, child=people.lena, role=Role.VIEWER)
    client = browser_of(vera)
    text = text_of(client, day)
    assert "Ends about" in text
    for button in ("It has ended", "Paused", "Another rate", "Note a bottle"):
        assert button not in text
    assert client.post(reverse("pause", args=[day.pk]), {"ago": "0"}).status_code == 403


@pytest.mark.parametrize("name", ["infusion_card", "rate_enter", "pause", "resume", "lot_enter", "card_print"])
def test_for_everybody_else_the_day_does_not_exist(
    day: InfusionDay, people: People, browser_of: SignedIn, name: str
) -> None:
    assert browser_of(people.tom).get(reverse(name, args=[day.pk])).status_code == 404


def test_the_number_of_queries_does_not_grow_with_what_was_entered(
    day: InfusionDay,
    people: People,
    maria: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    url = reverse("infusion_card", args=[day.pk])
    maria.get(url)
    # Six of these read reference data, which a site keeps for a minute.
    queries = 20
    with django_assert_num_queries(queries):
        maria.get(url)
    now = STARTS_AT + 20 * MINUTE
    for number in range(8):
        at = STARTS_AT + number * MINUTE
        rate_enter(day=day, ml_h=Decimal(12 + number), by=people.maria, at=at, now=now)
        lot_enter(day=day, label=Label(brand="Octagam 10 %", lot=f"A{number}"), by=people.sam, at=at, now=now)
    infusion_day_pause(day=day, by=people.maria, at=now, now=now)
    maria.get(url)
    with django_assert_max_num_queries(queries):
        maria.get(url)


def test_a_pause_is_called_one_wherever_the_day_is_named(
    day: InfusionDay, people: People, maria: Client, browser_of: SignedIn, clock: Traveller
) -> None:
    now = STARTS_AT + 20 * MINUTE
    kai = active_infusion(child=ChildFactory.create(clinic=people.riverside), by=people.weiss, starts_at=now, at=now)
    MembershipFactory.create(user=people.maria, child=kai.plan.child, role=Role.GUARDIAN)
    home = maria.get("/")
    seen = re.search(r"/live/\?seen=([\w-]+)", home.content.decode())
    assert seen is not None
    infusion_day_pause(day=day, by=people.maria, at=now - MINUTE, now=now)
    assert maria.get(reverse("home_live"), {"seen": seen[1]}).status_code == 200
    pages = {
        "/": "Paused since <strong>Mon 9:19 am</strong>.",
        reverse("checklist", args=[day.infusion_id]): "since Mon 9:19 am. It does not end before",
        reverse("infusion_card", args=[day.pk]): '<span class="since">since Mon 9:19 am</span>',
        reverse("whose", args=["infusion-card"]): "The infusion is paused since Mon 9:19 am.",
    }
    for url, words in pages.items():
        page = maria.get(url).content.decode()
        assert words in page
        assert ">running<" not in page
    doctor = browser_of(people.weiss)
    change = doctor.get(reverse("infusion_change", args=[day.infusion_id])).content.decode()
    assert "paused since Mon 15 Jun, 9:19 am" in change
    clock.shift(MINUTE)
    infusion_day_resume(day=day, ml_h=Decimal(24), by=people.maria, at=now, now=now + MINUTE)
    assert ">running<" in maria.get("/").content.decode()
    assert "The infusion is running." in maria.get(reverse("whose", args=["infusion-card"])).content.decode()


@pytest.mark.parametrize("name", ["card_print", "checklist_print"])
def test_on_paper_the_child_is_a_given_name_and_an_initial(
    day: InfusionDay, people: People, maria: Client, name: str
) -> None:
    pk = day.pk if name == "card_print" else day.infusion_id
    page = maria.get(reverse(name, args=[pk])).content.decode()
    assert "Lena M." in page
    assert "Moreno" not in page
    for words in ("+1 212 555 0147", "911", "Printed Mon 15 Jun 2026, 9:20 am", "<svg"):
        assert words in page


def test_the_paper_checklist_says_the_amount_in_mg_and_ml_and_what_was_done(
    infusion: Infusion, people: People, maria: Client
) -> None:
    step = infusion.steps.get(slot="premedication.d1.acetaminophen")
    step_tick(step=step, by=people.maria, at=STARTS_AT - 30 * MINUTE, now=STARTS_AT)
    text = re.sub(r"<[^>]+>", " ", maria.get(reverse("checklist_print", args=[infusion.pk])).content.decode())
    line = " ".join(text.split("Mon 15 Jun", 1)[1].split())
    assert re.search(r"☑ done 8:30 am Acetaminophen 300 mg = 9\.4 mL 8:30 am M\.", line), line[:300]

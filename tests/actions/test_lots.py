"""What stands on the bottles: recorded as it is read, another brand and a date gone by are the clinic's to know."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ivig_care.actions.errors import Refused, TimeNotPossible
from ivig_care.actions.infusions import infusion_day_end, infusion_day_start
from ivig_care.actions.lots import Label, lot_enter, lot_take_back
from ivig_care.plans.facts import last_infusion
from ivig_care.plans.models import Infusion, InfusionDay, ProductLot
from ivig_care.protocols.models import Product
from ivig_care.reviews.models import Concern
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import active_infusion

HOUR = timedelta(hours=1)


@pytest.fixture
def day(infusion: Infusion, people: People) -> InfusionDay:
    """Day 1, which has started as planned."""
    infusion_day_start(day=infusion.days.get(number=1), by=people.maria, at=STARTS_AT, now=STARTS_AT)
    return infusion.days.get(number=1)


def enter(day: InfusionDay, people: People, **label: object) -> ProductLot:
    """Maria reads a label at the start."""
    said = Label(**{"brand": "octagam 10 %", "lot": "A123", **label})  # type: ignore[arg-type]
    return lot_enter(day=day, label=said, by=people.maria, at=STARTS_AT, now=STARTS_AT)


def test_a_brand_of_the_catalogue_is_known_however_it_is_written(day: InfusionDay, people: People) -> None:
    lot = enter(day, people, grams=Decimal(10), expires_on=date(2026, 12, 1))
    assert lot.product == Product.objects.get(name="Octagam 10 %")
    assert (lot.lot, lot.grams, lot.expires_on) == ("A123", Decimal("10.0"), date(2026, 12, 1))
    assert not Concern.objects.exists()


def test_the_same_said_twice_is_said_once(day: InfusionDay, people: People) -> None:
    assert enter(day, people) == enter(day, people)


@pytest.mark.parametrize("brand", ["Privigen", "Own label"])
def test_another_brand_is_recorded_and_a_concern(day: InfusionDay, people: People, brand: str) -> None:
    Product.objects.create(name="Privigen", mg_per_ml=100)
    enter(day, people, brand=brand)
    enter(day, people, brand=brand, lot="B4")
    (concern,) = Concern.objects.all()
    assert (concern.about, concern.day) == ("brand, day 1", day)
    assert concern.words == f"The plan says Octagam 10 %. The bottle says {brand}. Ask the nurse."


def test_a_date_gone_by_is_a_concern(day: InfusionDay, people: People) -> None:
    enter(day, people, expires_on=date(2026, 6, 15))
    assert not Concern.objects.exists()
    enter(day, people, lot="OLD1", expires_on=date(2026, 6, 14))
    assert Concern.objects.get().words == "Lot OLD1: the date on the label has gone by. Ask the nurse."


def test_taken_back_it_stays_in_the_record_and_counts_no_more(day: InfusionDay, people: People) -> None:
    lot = enter(day, people)
    for _ in range(2):
        lot_take_back(lot=lot, by=people.sam, now=STARTS_AT + HOUR)
    assert not ProductLot.objects.standing().exists()
    assert ProductLot.objects.get().taken_back_at == STARTS_AT + HOUR


def test_what_cannot_be_is_refused(day: InfusionDay, people: People) -> None:
    with pytest.raises(Refused, match="Look at the label again"):
        enter(day, people, grams=Decimal(0))
    label = Label(brand="Octagam 10 %", lot="A1")
    with pytest.raises(TimeNotPossible, match="has not come"):
        lot_enter(day=day, label=label, by=people.maria, at=STARTS_AT + HOUR, now=STARTS_AT)
    assert ProductLot.objects.count() == 0


def test_the_next_infusion_is_after_what_was_really_hung(day: InfusionDay, people: People) -> None:
    enter(day, people, brand="Privigen")
    infusion_day_end(day=day, by=people.maria, at=STARTS_AT + 5 * HOUR, now=STARTS_AT + 5 * HOUR)
    later = active_infusion(
        child=people.lena, by=people.weiss, starts_at=STARTS_AT + timedelta(days=28), at=ACTIVATED_AT
    )
    last = last_infusion(later)
    assert last is not None
    assert last.product == "Privigen"

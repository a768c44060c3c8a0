"""What the infusion card says in sentences: what differs from the plan, and what to ask the nurse. It asks, kindly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.utils.translation import gettext as _

from ivig_care.common.spoken import translated
from ivig_care.plans.card import InfusionCard, Worked, has_premedication
from ivig_care.plans.models import InfusionDay, ProductLot
from ivig_care.regimen.brands import may_be
from ivig_care.regimen.card import CardOrder, RanLine, above_ceilings, is_above_plan
from ivig_care.regimen.figures import plain

# FACTS section 2, P7 and P16: after more than eight weeks it starts slowly again.
LONG_GAP = timedelta(weeks=8)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as it was ordered, or not as last time. `about` names it for good; `words` ask.

    `is_for_clinic`: the clinic is told of it once.
    """

    about: str
    words: str
    is_for_clinic: bool = False


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question for the nurse, and the source that makes it worth asking (FACTS section 2)."""

    words: str
    source: str


def differences(card: InfusionCard) -> list[Difference]:
    """What of the day differs from the plan or from last time, the gravest first."""
    day, worked = card.day, card.worked
    found = [
        *_of_bottles(day, worked, card.lots),
        *(_of_rate(day, card.card.running.ml_h, worked.order) if card.is_running and card.card.running else ()),
        *_of_volume(card),
        *_of_last_time(card),
    ]
    return sorted(found, key=lambda one: not one.is_for_clinic)


def lot_differences(day: InfusionDay, worked: Worked, lot: ProductLot) -> list[Difference]:
    """What one bottle says that the plan does not."""
    return list(_of_bottles(day, worked, (lot,)))


def rate_differences(day: InfusionDay, ml_h: Fraction, order: CardOrder) -> list[Difference]:
    """What one rate in mL/h is above: the plan, the label."""
    return list(_of_rate(day, ml_h, order))


def line_differences(day: InfusionDay, line: RanLine, order: CardOrder) -> list[Difference]:
    """The same of a rate at its time: earlier than the plan, too."""
    found = rate_differences(day, line.ml_h, order)
    if line.planned_ml_h is not None and not is_above_plan(line.ml_h, order):
        words = _("The plan has %(planned)s mL/h for this time. Faster than that? Ask the nurse.")
        found.append(Difference(about="early", words=words % {"planned": plain(line.planned_ml_h)}))
    return found


def questions(card: InfusionCard) -> list[Ask]:
    """What to ask the nurse today: made from the plan and from what is on the card already."""
    return list(_questions(card)) if card.status not in ("ended", "cancelled") else []


def is_expired(lot: ProductLot, today: date) -> bool:
    """Whether the day on the label has gone by."""
    return lot.expires_on is not None and lot.expires_on < today


def _of_rate(day: InfusionDay, ml_h: Fraction, order: CardOrder) -> Iterator[Difference]:
    running = {"ml_h": plain(ml_h), "per_kg": plain(order.per_kg(ml_h))}
    if is_above_plan(ml_h, order):
        most = {"most": plain(order.most_ml_h), "most_per_kg": plain(order.per_kg(order.most_ml_h))}
        words = _(
            "The plan says at most %(most)s mL/h (%(most_per_kg)s mL/kg/h)."
            " Running: %(ml_h)s mL/h (%(per_kg)s mL/kg/h). Ask the nurse."
        )
        yield Difference(about=f"rate, day {day.number}", words=words % (most | running), is_for_clinic=True)
    for ceiling in above_ceilings(ml_h, order)[:1]:
        words = _(
            "The maker’s label says at most %(most_per_kg)s mL/kg/h (%(use)s). Running: %(per_kg)s. Ask the nurse."
        )
        said = words % {"most_per_kg": plain(ceiling.ml_per_kg_h), "use": translated(ceiling.use), **running}
        yield Difference(about=f"label, day {day.number}", words=said)


def _of_bottles(day: InfusionDay, worked: Worked, lots: Sequence[ProductLot]) -> Iterator[Difference]:
    ordered, strength = worked.facts.product.name, worked.order.mg_per_ml
    hung = {lot.brand: lot for lot in lots}
    for name, lot in hung.items():
        yield from _of_brand(day, name, ordered)
        if lot.product is None and may_be(name, ordered):
            words = _("The plan says %(ordered)s. The bottle says %(hung)s: is it the same strength? Ask the nurse.")
            yield Difference(about="strength", words=words % {"ordered": ordered, "hung": name})
        elif lot.product is None:
            yield Difference(about="strength", words=_("We do not know how strong this brand is. Ask the nurse."))
        elif lot.product.mg_per_ml != strength:
            words = _(
                "It has %(hung)s mg in each mL, and the plan is for %(ordered)s. So the mL and the rates here do not"
                " fit. Ask the nurse at once."
            )
            said = {"hung": lot.product.mg_per_ml, "ordered": plain(strength)}
            yield Difference(about=f"strength, day {day.number}", words=words % said, is_for_clinic=True)
    today = worked.run.starts_at.astimezone(worked.facts.zone).date()
    for lot in lots:
        if is_expired(lot, today):
            words = _("Lot %(lot)s: the date on the label has gone by. Ask the nurse.")
            yield Difference(about=f"expired, day {day.number}", words=words % {"lot": lot.lot}, is_for_clinic=True)


def _of_brand(day: InfusionDay, hung: str, ordered: str) -> Iterator[Difference]:
    if not may_be(hung, ordered):
        words = _("The plan says %(ordered)s. The bottle says %(hung)s. Ask the nurse.")
        said = words % {"ordered": ordered, "hung": hung}
        yield Difference(about=f"brand, day {day.number}", words=said, is_for_clinic=True)


def _of_volume(card: InfusionCard) -> Iterator[Difference]:
    if card.run.exceeded_ml:
        words = _("The rates here come to %(ml)s mL more than was ordered. Is one of them a slip? Look at “What ran”.")
        yield Difference(about="volume", words=words % {"ml": plain(round(card.run.exceeded_ml, 1))})


def _of_last_time(card: InfusionCard) -> Iterator[Difference]:
    ordered = card.worked.facts.product.name
    if card.last is not None and not may_be(card.last.product, ordered):
        words = _("Last time it was %(last)s. Today the plan says %(ordered)s. Ask the nurse whether that is meant.")
        yield Difference(about="last time", words=words % {"last": card.last.product, "ordered": ordered})


def _questions(card: InfusionCard) -> Iterator[Ask]:
    facts, order = card.worked.facts, card.worked.order
    if not card.lots:
        words = _("Which brand is it, and what are the lot numbers? The plan says %(brand)s.")
        yield Ask(words=words % {"brand": facts.product.name}, source="P1")
    if len({lot.lot for lot in card.lots}) > 1:
        yield Ask(words=_("A bottle of another lot: does the rate begin again at the slowest?"), source="P14")
    words = _("Which weight was the dose worked out for? The plan says %(kg)s kg.")
    yield Ask(words=words % {"kg": plain(facts.weight_kg)}, source="P1")
    words = _("What is the highest rate today? The plan says %(ml_h)s mL/h, that is %(per_kg)s mL/kg/h.")
    most = {"ml_h": plain(order.most_ml_h), "per_kg": plain(order.per_kg(order.most_ml_h))}
    yield Ask(words=words % most, source="P1")
    if has_premedication(card.day) and card.is_premedication_open:
        yield Ask(words=_("Was the medicine before the infusion given, and when?"), source="P1")
    yield from _about_a_slow_start(card)
    yield Ask(words=_("How long do we stay afterwards?"), source="P8")


def _about_a_slow_start(card: InfusionCard) -> Iterator[Ask]:
    if card.last is None:
        yield Ask(words=_("Is it the very first infusion? Then ask how slowly it starts."), source="P7")
    elif card.run.starts_at - card.last.ended_at > LONG_GAP:
        yield Ask(words=_("The last one is more than eight weeks ago. Does it start slowly?"), source="P7")
    elif not may_be(card.last.product, card.worked.facts.product.name):
        yield Ask(words=_("It is another brand than last time. Does it start slowly?"), source="P16")

"""Reads for a dose that is no step: what a name stands for, who gave the last, and what the plan has when needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.conf import settings
from django.utils.translation import override

from ivig_care.common.spoken import medicine_called, translated
from ivig_care.plans.facts import schedule_of
from ivig_care.plans.ledger import Ledger, ledger_of
from ivig_care.plans.models import Dose, Infusion, Plan, Step
from ivig_care.regimen.dated import AsNeeded
from ivig_care.regimen.ledger import Answer, Verdict
from ivig_care.regimen.medicines import AmbiguousMedicine, Amount, Formulary, Resolved, UnknownMedicine, folded, resolve
from ivig_care.regimen.steps import State

# So far from its time a step that is still open may be the very dose that somebody writes down as an extra one.
SAME_DOSE_WITHIN = timedelta(hours=3)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A dose as a person says it: a medicine by any of its names, and so many mg, mL or units of a product."""

    medicine: str
    mg: Fraction | None = None
    ml: Fraction | None = None
    units: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class Meant:
    """What a name stands for here: the ingredients with their mg, as far as they are known.

    `is_known` is False for a name that no medicine here goes by: then it is kept as it was written.
    """

    name: str
    amounts: tuple[Amount, ...]
    is_known: bool
    is_combination: bool

    @property
    def called(self) -> str:
        """As it was named, and what is in it; what several are in says its name, and so does what is not known here."""
        return (
            self.name
            if len(self.amounts) > 1 or not self.is_known
            else medicine_called(self.name, self.amounts[0].ingredient)
        )


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A medicine that the plan has for when it is needed, and what the ledger says of it now."""

    order: AsNeeded
    answer: Answer

    @property
    def is_allowed(self) -> bool:
        """Whether nothing known here speaks against it, and nothing that it hangs on is unknown."""
        return self.answer.verdict is Verdict.YES

    def next_at(self, now: datetime) -> datetime | None:
        """When it is next allowed, where that is known and still to come."""
        at = self.answer.next_at
        return at if self.answer.is_known and at is not None and at > now else None


def meant_by(wanted: Wanted, infusion: Infusion, formulary: Formulary) -> Meant:
    """What somebody means by a dose. mL become mg where the strength is known: of the plan, or of the product."""
    try:
        resolved = resolve(_ingredient_named(wanted.medicine, formulary), formulary)
    except (UnknownMedicine, AmbiguousMedicine):
        amounts = (Amount(ingredient=_as_kept(wanted.medicine), mg=wanted.mg),)
        return Meant(name=wanted.medicine, amounts=amounts, is_known=False, is_combination=False)
    is_combination = len(resolved.contents) > 1
    return Meant(
        name=wanted.medicine,
        amounts=_amounts(wanted, resolved, infusion),
        is_known=True,
        is_combination=is_combination,
    )


def answer_to(meant: Meant, ledger: Ledger, at: datetime) -> Answer:
    """What the ledger says of it; of a name that nobody knows here, that the clinic must be asked."""
    return ledger.answer_for(meant.amounts if meant.is_known else (), at)


def last_given(infusion: Infusion, meant: Meant, at: datetime) -> Dose | None:
    """The latest dose of any of its ingredients until then, with who wrote it down."""
    ingredients = [amount.ingredient for amount in meant.amounts]
    given = Dose.objects.standing().filter(child=infusion.plan.child_id, ingredient__in=ingredients, given_at__lte=at)
    return given.select_related("entered_by").order_by("-given_at", "-pk").first()


def steps_meant(infusion: Infusion, meant: Meant, at: datetime) -> list[Step]:
    """Open steps of the checklist that this may be the dose of: same ingredient, and about that time."""
    ingredients = [amount.ingredient for amount in meant.amounts]
    near = infusion.steps.filter(
        state__in=[State.OPEN, State.MISSED],
        ingredient__in=ingredients,
        due_at__gte=at - SAME_DOSE_WITHIN,
        due_at__lte=at + SAME_DOSE_WITHIN,
        opens_at__lte=at,
    )
    return list(near.order_by("due_at", "pk"))


def offers_of(infusion: Infusion, now: datetime) -> list[Offer]:
    """What the plan has for when it is needed, while it is its time, each with what the ledger says."""
    if not any(order.use == order.Use.AS_NEEDED for order in infusion.plan.medicines.all()):
        return []
    ledger = ledger_of(infusion)
    return [
        Offer(order=one, answer=ledger.answer_for((Amount(ingredient=one.dose.ingredient, mg=one.dose.mg),), now))
        for one in schedule_of(infusion).as_needed
        if one.opens_at <= now <= one.closes_at
    ]


def medicine_names(infusion: Infusion, formulary: Formulary) -> list[str]:
    """Names to choose from: those of the plan first, then everything that has a name here."""
    own = [order.name or translated(order.ingredient) for order in infusion.plan.medicines.all()]
    return list(dict.fromkeys([*own, *_every_name(formulary)]))


def strength_of(infusion: Infusion, ingredient: str) -> Fraction | None:
    """The mg in each mL that the plan has of this ingredient; None when it has none, or several."""
    found = {order.mg_per_ml for order in infusion.plan.medicines.all() if order.ingredient == ingredient}
    known = {strength for strength in found if strength}
    return Fraction(known.pop()) if len(known) == 1 else None


def _amounts(wanted: Wanted, resolved: Resolved, infusion: Infusion) -> tuple[Amount, ...]:
    if wanted.units is not None:
        return resolved.in_units(wanted.units)
    if len(resolved.contents) > 1:
        # mg of what, nobody can say; mL are units of a liquid only, and which it is nobody said.
        return tuple(Amount(ingredient=part.ingredient) for part in resolved.contents)
    (part,) = resolved.contents
    if wanted.mg is not None:
        return (Amount(ingredient=part.ingredient, mg=wanted.mg),)
    strength = strength_of(infusion, part.ingredient)
    mg = wanted.ml * strength if wanted.ml is not None and strength is not None else None
    return (Amount(ingredient=part.ingredient, mg=mg),)


def _ingredient_named(name: str, formulary: Formulary) -> str:
    """The ingredient that has this name in some language of ours; else the name as it is."""
    wanted = folded(name)
    for language, _ in settings.LANGUAGES:
        with override(language):
            for medicine in formulary.medicines:
                if folded(translated(medicine.ingredient)) == wanted:
                    return medicine.ingredient
    return name


def _as_kept(name: str) -> str:
    return " ".join(name.split())[:60]


def _every_name(formulary: Formulary) -> Iterator[str]:
    for medicine in formulary.medicines:
        yield from dict.fromkeys((translated(medicine.ingredient), medicine.ingredient, *medicine.names))
    for combination in formulary.combinations:
        yield combination.name


def entry_of(dose: Dose) -> Sequence[Dose]:
    """All that was written down at once with this dose: one for each ingredient of a combination."""
    if dose.step_id is not None:
        return [dose]
    return list(
        Dose.objects.filter(
            child=dose.child_id,
            step__isnull=True,
            medicine_name=dose.medicine_name,
            given_at=dose.given_at,
            entered_at=dose.entered_at,
            entered_by=dose.entered_by_id,
        ).order_by("pk")
    )


def infusion_of(dose: Dose) -> Infusion | None:
    """The infusion that a dose which is no step was written down around: the nearest one of the child."""
    active = Infusion.objects.filter(plan__child=dose.child_id, plan__status=Plan.Status.ACTIVE, days__number=1)
    rows = active.select_related("plan__child__clinic", "plan__product", "plan__version").prefetch_related("days")
    return min(rows, key=lambda one: (abs(one.days.all()[0].planned_start - dose.given_at), one.pk), default=None)

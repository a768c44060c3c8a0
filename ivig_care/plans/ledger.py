"""The ledger of a child's medicines: what was given anywhere, and whether the dose of a step keeps to the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from ivig_care.plans.facts import Given, body_of, doses_near_each, given_near
from ivig_care.plans.models import Infusion, PlanMedicine, Step
from ivig_care.plans.prescription import prescription_of
from ivig_care.protocols.selectors import rule_set_for
from ivig_care.regimen.doses import Body, DoseGiven, MedicineLimit, limit_for
from ivig_care.regimen.ledger import Answer, may_be_given
from ivig_care.regimen.medicines import Amount, RuleSet
from ivig_care.regimen.timing import Elapsed


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Everything that decides whether a dose of one infusion may be given; `orders` are what its plan prescribes."""

    doses: tuple[DoseGiven, ...]
    body: Body
    rules: RuleSet
    orders: tuple[MedicineLimit, ...]

    def answer(self, step: Step, at: datetime) -> Answer:
        """Whether the dose of this step keeps to what is known, if it is given at the instant `at`."""
        amount = Amount(ingredient=step.ingredient, mg=None if step.mg is None else Fraction(step.mg))
        return self.answer_for((amount,), at)

    def answer_for(self, amounts: tuple[Amount, ...], at: datetime) -> Answer:
        """The same of any amounts given at once; of no ingredient at all nothing is known."""
        return may_be_given(amounts, doses=self.doses, body=self.body, rules=self.rules, at=at, prescribed=self.orders)

    def interval(self, ingredient: str, at: datetime) -> Elapsed | None:
        """The shortest interval that a source knows for this child; None when none does."""
        return limit_for(self.rules.limits_here, ingredient, self.body, at).limit.min_interval


def ledger_of(infusion: Infusion, *, given: Sequence[Given] | None = None) -> Ledger:
    """The ledger as it stands, over everything the child was given near this infusion. Raises nothing."""
    rules = rule_set_for(infusion.plan.child.clinic.country)
    return Ledger(
        doses=tuple(one.dose for one in (given_near(infusion) if given is None else given)),
        body=body_of(infusion),
        rules=rules,
        orders=tuple(_orders(prescription_of(infusion.plan).medicines, rules)),
    )


def ledgers_of(infusions: Sequence[Infusion]) -> dict[int, Ledger]:
    """The ledger of each of these infusions, by its key, read at once. Each needs `plan.medicines` and `days` known."""
    rules = {country: rule_set_for(country) for country in {one.plan.child.clinic.country for one in infusions}}
    doses = doses_near_each(infusions)
    return {
        one.pk: Ledger(
            doses=doses[one.pk],
            body=body_of(one),
            rules=rules[one.plan.child.clinic.country],
            orders=tuple(_orders(one.plan.medicines.all(), rules[one.plan.child.clinic.country])),
        )
        for one in infusions
    }


def _orders(medicines: Iterable[PlanMedicine], rules: RuleSet) -> Iterator[MedicineLimit]:
    """What the plan says of each medicine: the clinic agreed to it; how often counts where no source knows it."""
    known = {limit.ingredient for limit in rules.limits_here if limit.min_interval}
    for order in medicines:
        if order.use == PlanMedicine.Use.AS_NEEDED:
            # What is given when needed keeps to its own interval and count, as well as to what sources know.
            yield MedicineLimit(
                ingredient=order.ingredient,
                min_interval=Elapsed(hours=float(order.every_hours)) if order.every_hours else None,
                max_doses_24h=order.most_in_24h,
                source="prescribed",
            )
            continue
        every = None if order.ingredient in known or not order.every_hours else Elapsed(hours=float(order.every_hours))
        yield MedicineLimit(ingredient=order.ingredient, min_interval=every)

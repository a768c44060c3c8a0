"""The questions of the day before as a form: yes or no in words, and what is not right beside each no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ivig_care.actions.briefing import Said
from ivig_care.plans.models import BriefingAnswer
from ivig_care.plans.ready import Ready
from ivig_care.web.numbers import Number

KG_PER_LB = Decimal("0.45359237")
LONGEST_WORDS = 300
_TENTH = Decimal("0.1")
# A weight as it is kept in front of a note: "47 lb (21.3 kg); since last week".
_KEPT = re.compile(r"^(?P<number>[0-9.]+) (?P<unit>kg|lb)(?: \([0-9.]+ kg\))?(?:; )?(?P<words>.*)$", re.DOTALL)

Question = BriefingAnswer.Question
ANSWERS = {
    Question.START: (gettext_lazy("Yes, I know"), gettext_lazy("No, not sure")),
    Question.WELL: (gettext_lazy("Yes, well"), gettext_lazy("No, not well")),
    Question.WEIGHT: (gettext_lazy("Yes, about"), gettext_lazy("No, changed")),
    Question.MEDICINES: (gettext_lazy("Yes, all"), gettext_lazy("No, not all")),
    Question.BAG: (gettext_lazy("Yes, packed"), gettext_lazy("No, not yet")),
}
TITLES = {
    Question.START: gettext_lazy("Do you know when and where it starts?"),
    Question.WELL: gettext_lazy("Is your child well?"),
    Question.WEIGHT: gettext_lazy("Is the weight still about the same?"),
    Question.MEDICINES: gettext_lazy("Are all the medicines at home?"),
    Question.BAG: gettext_lazy("Is the bag packed?"),
}
ASKS_MORE = {
    Question.START: gettext_lazy("What do you need to know?"),
    Question.WELL: gettext_lazy("What is it? For example: fever 38.4 °C since noon, vomited once, a new medicine"),
    Question.WEIGHT: gettext_lazy("Anything to add?"),
    Question.MEDICINES: gettext_lazy("Which one is missing?"),
    Question.BAG: gettext_lazy("Anything the clinic can help with?"),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question on the page, with what was answered before."""

    question: Question
    title: str
    chosen: BoundField
    words: BoundField
    asks_more: str
    answer: BriefingAnswer | None


class BriefingForm(forms.Form):
    """One yes or no for each question that is asked. What is left blank stays unanswered."""

    weight_number = Number(
        wrong=gettext_lazy("Write the weight as a number, for example 21.4."),
        required=False,
        min_value=Decimal("0.1"),
        max_value=Decimal(999),
        decimal_places=2,
    )
    weight_unit = forms.ChoiceField(
        required=False,
        choices=[("kg", "kg"), ("lb", "lb")],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Choose kg or lb.")},
    )

    def __init__(self, data: QueryDict | None = None, *, ready: Ready) -> None:
        self.ready = ready
        super().__init__(data, initial=_initial(ready))
        for question in ready.asked:
            yes, no = ANSWERS[question]
            self.fields[question.value] = forms.ChoiceField(
                required=False,
                choices=[("yes", yes), ("no", no)],
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": _("Choose one of the two.")},
            )
            self.fields[f"{question.value}_words"] = forms.CharField(required=False, max_length=LONGEST_WORDS)

    @property
    def questions(self) -> list[Field]:
        """The questions as the page shows them."""
        return [
            Field(
                question=question,
                title=str(TITLES[question]),
                chosen=self[question.value],
                words=self[f"{question.value}_words"],
                asks_more=str(ASKS_MORE[question]),
                answer=self.ready.answers.get(question),
            )
            for question in self.ready.asked
        ]

    def clean(self) -> dict[str, Any]:
        """A new weight needs its unit, and is no yes."""
        said = super().clean() or {}
        number, unit = said.get("weight_number"), said.get("weight_unit")
        if number and not unit and "weight_unit" not in self.errors:
            self.add_error("weight_unit", _("Is that kg or lb? Choose one."))
        if number and said.get(Question.WEIGHT.value) == "yes":
            self.add_error(Question.WEIGHT.value, _("You wrote another weight. If it has changed, choose no."))
        return said

    @property
    def said(self) -> Sequence[Said]:
        """What was answered, of a valid form."""
        return [
            Said(question=question, is_yes=chosen == "yes", note="" if chosen == "yes" else self._note(question))
            for question in self.ready.asked
            if (chosen := self.cleaned_data.get(question.value))
        ]

    def _note(self, question: Question) -> str:
        words: str = self.cleaned_data.get(f"{question.value}_words", "")
        number, unit = self.cleaned_data.get("weight_number"), self.cleaned_data.get("weight_unit", "")
        if question != Question.WEIGHT or not number:
            return words
        return "; ".join(part for part in (weight_words(number, unit), words) if part)


def weight_words(number: Decimal, unit: str) -> str:
    """A weight as it was said, beside pounds also in kg: "47 lb (21.3 kg)". For the clinic to read, not to reckon."""
    said = f"{_plain(number)} {unit}"
    if unit != "lb":
        return said
    return f"{said} ({_plain((number * KG_PER_LB).quantize(_TENTH, ROUND_HALF_UP))} kg)"


def in_pounds(kg: Decimal) -> Decimal:
    """A weight in lb, to a tenth."""
    return (kg / KG_PER_LB).quantize(_TENTH, ROUND_HALF_UP)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _initial(ready: Ready) -> dict[str, object]:
    initial: dict[str, object] = {}
    for question, answer in ready.answers.items():
        initial[question] = "yes" if answer.is_yes else "no"
        initial[f"{question}_words"] = answer.note
    kept = _KEPT.match(str(initial.get(f"{Question.WEIGHT}_words", "")))
    if kept:
        initial |= {"weight_number": kept["number"], "weight_unit": kept["unit"]}
        initial[f"{Question.WEIGHT}_words"] = kept["words"]
    return initial

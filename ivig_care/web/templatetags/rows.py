"""The rows of a checklist, on its page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from ivig_care.plans.overview import Part
from ivig_care.plans.selectors import StepRow
from ivig_care.web.family.rows import row_html, row_look, row_with_problem

register = template.Library()


@register.simple_tag(takes_context=True)
def step_rows(context: Context, rows: Sequence[StepRow]) -> SafeString:
    """Rows one after the other; the one that something is wrong with says so."""
    page, review, problem = context["page"], context["review"], context.get("problem")
    days = {card.day.number: card.day.pk for card in page.days}
    may_say = context["may_record"] and not (review and review.signed_at)
    written = []
    for row in rows:
        look = row_look(
            row,
            now=page.now,
            zone=context["zone"],
            is_together=row in page.together,
            may_say=may_say,
            day_pk=days.get(row.step.day_number),
        )
        is_wrong = problem is not None and problem.step_id == look.pk
        written.append(row_with_problem(look, _more(context, row, page.now)) if is_wrong else row_html(look))
    return SafeString("".join(written))


def _more(context: Context, row: StepRow, now: datetime) -> dict[str, object]:
    more = {name: context[name] for name in ("problem", "infusion", "clinic", "skip_reasons", "zone")}
    return more | {"due_at": row.step.due_at, "now": now}


@register.simple_tag(takes_context=True)
def home_row(context: Context, part: Part, row: StepRow) -> SafeString:
    """The same row on the first page, where it may have to say whose it is."""
    overview, infusion = context["overview"], part.infusion
    look = row_look(
        row,
        now=overview.now,
        zone=infusion.tz,
        is_together=row in part.together,
        may_say=part.may_record,
        child=part.child.given_name if overview.has_several_children else "",
        is_at_home=True,
        day_pk=next((day.pk for day in infusion.days.all() if day.number == row.step.day_number), None),
    )
    problem = context.get("problem")
    if problem is None or problem.step_id != look.pk:
        return row_html(look)
    more = {"problem": problem, "infusion": infusion, "clinic": part.child.clinic}
    more |= {"due_at": row.step.due_at, "zone": infusion.tz, "skip_reasons": context["skip_reasons"]}
    return row_with_problem(look, more | {"now": overview.now})

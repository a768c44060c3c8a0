"""The rows of a checklist, on its page."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from ivig_care.plans.overview import Part
from ivig_care.plans.selectors import StepRow
from ivig_care.web.family.rows import row_html, row_look, row_with_problem

register = template.Library()


@register.simple_tag(takes_context=True)
def step_row(context: Context, row: StepRow) -> SafeString:
    """One row; the one that something is wrong with says so."""
    page, review = context["page"], context["review"]
    look = row_look(
        row,
        now=page.now,
        zone=context["zone"],
        is_together=row in page.together,
        may_say=context["may_record"] and not (review and review.signed_at),
        day_pk=next((card.day.pk for card in page.days if card.day.number == row.step.day_number), None),
    )
    problem = context.get("problem")
    if problem is None or problem.step_id != look.pk:
        return row_html(look)
    more = {name: context[name] for name in ("problem", "infusion", "clinic", "skip_reasons")}
    return row_with_problem(look, more | {"due_at": row.step.due_at, "zone": context["zone"], "now": page.now})


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

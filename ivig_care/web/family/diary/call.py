"""The page of signs and numbers: when to call, and whom. The same for everybody who cares for the child."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ivig_care.diary.words import SYMPTOMS
from ivig_care.plans.models import Infusion
from ivig_care.plans.prescription import protocol_of
from ivig_care.regimen.signs import Level, Sign, TriageRule
from ivig_care.regimen.symptoms import ChildFlag, Severity, Symptom
from ivig_care.regimen.triage import apply_changes
from ivig_care.regimen.triage_rules import RULES
from ivig_care.web.family.diary.fetching import infusion_for
from ivig_care.web.fetch import looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import kept


@dataclass(frozen=True, kw_only=True)
class Group:
    """One of these signs, at least so bad; without any name every sign is meant."""

    names: tuple[str, ...]
    is_severe: bool
    is_not_mild: bool
    is_persistent: bool


@dataclass(frozen=True, kw_only=True)
class Together:
    """Signs that count when they are there at once: one of each group, with the limits that hold for it."""

    groups: tuple[Group, ...]
    lasting_hours: int | None
    within_days: int | None
    after_hours: int | None
    has_steroid: bool


@require_safe
@kept
def call(request: PersonRequest, pk: int) -> HttpResponse:
    """Nothing on it depends on who asks or when, so that a phone without a signal can show it, too."""
    infusion = infusion_for(request, pk)
    child = infusion.plan.child
    looked_at(request, child, "diary")
    context = {
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "zone": infusion.tz,
        "plan": infusion.plan,
        "days": list(infusion.days.all()),
        "emergency": signs_of(infusion, Level.EMERGENCY),
        "call_now": signs_of(infusion, Level.CALL_NOW),
    }
    return render(request, "family/diary/call.html", context)


def signs_of(infusion: Infusion, level: Level) -> tuple[list[str], list[Together]]:
    """The signs of one level as the rules of this plan's protocol have them: those that count alone, then together."""
    rules = [rule for rule in apply_changes(RULES, protocol_of(infusion.plan).triage) if not rule.is_off]
    of_level = [rule for rule in rules if rule.level is level]
    alone = {symptom for rule in of_level if _is_plain(rule) for symptom in rule.signs[0].any_of}
    if level is Level.CALL_NOW:
        alone -= {
            symptom
            for rule in rules
            if rule.level is Level.EMERGENCY and _is_plain(rule)
            for symptom in rule.signs[0].any_of
        }
    others = [_together(rule) for rule in of_level if not _is_plain(rule) and not _is_said(rule, alone)]
    return [str(SYMPTOMS[one]) for one in Symptom if one in alone], list(dict.fromkeys(others))


def _is_plain(rule: TriageRule) -> bool:
    """Whether any one of its symptoms is enough, however mild and whenever it comes."""
    is_open = rule.bounds.words == "at any time" and not rule.flags
    return is_open and len(rule.signs) == 1 and rule.signs[0].severity is Severity.MILD


def _is_said(rule: TriageRule, alone: set[Symptom]) -> bool:
    """Whether what counts alone says it already."""
    return any(sign.any_of <= alone for sign in rule.signs)


def _together(rule: TriageRule) -> Together:
    bounds = rule.bounds
    return Together(
        groups=tuple(_group(sign) for sign in rule.signs),
        lasting_hours=None if bounds.lasting is None else int(bounds.lasting.total_seconds() // 3600),
        within_days=None if bounds.began_within is None else int(bounds.began_within.total_seconds() // 86400) or None,
        after_hours=None if bounds.still_after is None else int(bounds.still_after.total_seconds() // 3600),
        has_steroid=ChildFlag.LONG_TERM_STEROID in rule.flags,
    )


def _group(sign: Sign) -> Group:
    is_nearly_all = len(sign.any_of) > len(Symptom) // 2
    return Group(
        names=() if is_nearly_all else tuple(str(SYMPTOMS[one]) for one in Symptom if one in sign.any_of),
        is_severe=sign.severity is Severity.SEVERE,
        is_not_mild=sign.severity is Severity.MODERATE,
        is_persistent=sign.is_persistent,
    )

"""The plan page: no defaults, everything typed is kept, nonsense is refused with a sentence, never with a 500."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ivig_care.actions.plans import plan_activate
from ivig_care.plans.models import Plan, PlanMedicine
from tests.conftest import ACTIVATED_AT, STARTS_AT

EVERYTHING_UNSET = [
    "product",
    "dose",
    "weight",
    "date of the weight",
    "whether there is a risk of kidney injury or thrombosis",
    "start times of 2 days",
    "rate ladder",
    "whether there is premedication",
    "how long before the start premedication is given",
    "who gives premedication",
    "whether there is a course afterwards",
    "whether fluids are limited",
    "how long extra fluids go on",
]


def _edit(plan: Plan) -> str:
    return reverse("plan_edit", args=[plan.pk])


def _wrong(response: Any) -> dict[str, str]:
    return {one.id: one.text for one in response.context["form"].wrong}


def _unset(response: Any) -> list[str]:
    return [one.words for one in response.context["unset"]]


def test_an_empty_draft_has_no_default_and_nothing_chosen(draft: Plan, doctor: Client) -> None:
    response = doctor.get(_edit(draft))
    page = response.content.decode().split("<main", 1)[1]
    assert _unset(response) == EVERYTHING_UNSET
    assert " checked" not in page
    assert re.findall(r'<option value="[^"]+"[^>]* selected', page) == []
    boxes = re.findall(r"<input [^>]*>", page)
    filled = [box for box in boxes if 'type="radio"' not in box and "csrf" not in box and " value=" in box]
    assert filled == []


def test_what_is_unset_links_to_its_section(draft: Plan, doctor: Client) -> None:
    page = doctor.get(_edit(draft)).content.decode()
    for section in ("product", "weight", "days", "ladder", "premedication", "course", "fluids"):
        assert f'href="#{section}"' in page
        assert f'id="{section}"' in page


def test_a_whole_prescription_is_kept_as_typed(draft: Plan, typed: dict[str, str], doctor: Client) -> None:
    response = doctor.post(_edit(draft), typed)
    assert response["Location"] == _edit(draft)
    draft.refresh_from_db()
    assert str(draft.product) == "Octagam 10 %"
    assert (draft.dose_g_per_kg, draft.weight_kg) == (Decimal(2), Decimal(20))
    assert (draft.weighed_on, draft.has_risk, draft.has_fluid_limit) == (date(2026, 6, 12), False, False)
    assert (draft.premedication_minutes_before, draft.premedication_by) == (30, "family")
    assert (draft.fluids_goal_ml, draft.fluids_hours_after) == (1500, 48)
    assert list(draft.rates.values_list("ml_per_kg_h", "minutes")) == [
        (Decimal("0.6"), 30),
        (Decimal("1.2"), 30),
        (Decimal("2.4"), None),
    ]
    assert list(draft.medicines.order_by("pk").values_list("use", "ingredient", "name", "mg", "mg_per_ml")) == [
        ("premedication", "acetaminophen", "Tylenol", Decimal(300), Decimal(32)),
        ("premedication", "diphenhydramine", "", Decimal(20), None),
        ("course", "acetaminophen", "", Decimal(300), Decimal(32)),
    ]
    days = draft.infusions.get().days.values_list("number", "planned_start")
    assert list(days) == [(1, STARTS_AT), (2, datetime(2026, 6, 16, 16, tzinfo=UTC))]
    assert _unset(doctor.get(_edit(draft))) == []


def test_a_comma_is_a_point_and_shows_as_one(draft: Plan, typed: dict[str, str], doctor: Client) -> None:
    doctor.post(_edit(draft), typed | {"weight_kg": "20,5", "rate-0-ml_per_kg_h": "1.125"})
    draft.refresh_from_db()
    assert (draft.weight_kg, draft.rates.all()[0].ml_per_kg_h) == (Decimal("20.5"), Decimal("1.125"))
    form = doctor.get(_edit(draft)).context["form"]
    assert (form.values["weight_kg"].value(), form.rates[0]["ml_per_kg_h"].value()) == ("20.5", "1.125")


def test_the_saved_page_shows_what_was_typed_and_what_it_means(
    draft: Plan, typed: dict[str, str], doctor: Client
) -> None:
    doctor.post(_edit(draft), typed)
    response = doctor.get(_edit(draft))
    page = response.content.decode()
    for name, value in typed.items():
        form = next(
            form for form in response.context["form"].forms if name in {form.add_prefix(f) for f in form.fields}
        )
        bound = form[name.rpartition("-")[2]]
        said = bound.value()
        assert str(getattr(said, "pk", said)) == value, name
    assert "40 g in all, 20 g = 200 mL on each of 2 days." in page
    assert "Predicted length of each day: 4 h 48 min." in page
    assert "Each dose is 15 mg/kg, 9.4 mL." in page
    assert "12 mL/h" in page
    assert "2.4 mL per kg and hour</strong>, adult dermatomyositis" in page
    assert "[S12]" in page


@pytest.mark.parametrize(
    "kept",
    [
        {"weight_kg": "20"},
        {"has_premedication": "yes"},
        {"day_2": "2026-06-16T09:00"},
        {"rate-3-ml_per_kg_h": "0.6", "rate-5-ml_per_kg_h": "1.2"},
        {"before-2-ingredient": "acetaminophen"},
        {"course-1-ingredient": "acetaminophen", "course-1-may_wake": "no"},
    ],
)
def test_however_little_is_typed_it_is_kept(kept: dict[str, str], draft: Plan, doctor: Client) -> None:
    assert doctor.post(_edit(draft), kept).status_code == 302
    form = doctor.get(_edit(draft)).context["form"]
    said = sorted(str(value) for one in form.forms for value in one.initial.values())
    shown = {"yes": "True", "no": "False"}
    assert said == sorted(shown.get(value, value) for value in kept.values())


def test_half_a_medicine_is_named(draft: Plan, typed: dict[str, str], doctor: Client) -> None:
    gone = ("before-1-mg", "course-0-every_hours", "course-0-may_wake", "rate-1-minutes")
    doctor.post(_edit(draft), {name: value for name, value in typed.items() if name not in gone})
    assert _unset(doctor.get(_edit(draft))) == [
        "minutes of rate 2",
        "amount of diphenhydramine before the infusion",
        "acetaminophen afterwards: how often, whether it may wake the child",
    ]


def test_a_course_that_counts_from_the_premedication_needs_it_there(
    draft: Plan, typed: dict[str, str], doctor: Client
) -> None:
    doctor.post(_edit(draft), typed | {"has_premedication": "no"})
    expected = ["acetaminophen in the premedication, from which its course counts"]
    assert _unset(doctor.get(_edit(draft))) == expected


def test_limited_fluids_need_no_goal(draft: Plan, typed: dict[str, str], doctor: Client) -> None:
    doctor.post(_edit(draft), typed | {"has_fluid_limit": "yes", "fluids_goal_ml": ""})
    assert _unset(doctor.get(_edit(draft))) == []


ABOVE_0, TOO_MANY = "Write a number above 0.", "Too many digits: at most 2 after the point."
NO_NUMBER = "Write a number, for example 0.6."


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("weight_kg", "0", ABOVE_0),
        ("weight_kg", "-20", ABOVE_0),
        ("weight_kg", "20.123", TOO_MANY),
        ("weight_kg", "1000", "Too large: at most 3 digits before the point."),
        ("weight_kg", "1e400", NO_NUMBER),
        ("weight_kg", "1e-400", NO_NUMBER),
        ("weight_kg", "1e1", NO_NUMBER),
        ("weight_kg", "2_0", NO_NUMBER),
        ("weight_kg", "NaN", NO_NUMBER),
        ("weight_kg", "Infinity", NO_NUMBER),
        ("weight_kg", "twenty", NO_NUMBER),
        ("weight_kg", "20 5", NO_NUMBER),
        ("before-0-mg", "1,250", "Do you mean 1250 or 1.25?"),
        ("fluids_goal_ml", "1,500", "Do you mean 1500 or 1.5?"),
        ("fluids_goal_ml", "1_500", "Write a whole number from 1 to 9999."),
        ("dose_g_per_kg", "2000", "Too large: at most 2 digits before the point."),
        ("rate-0-ml_per_kg_h", "0.0001", "Too many digits: at most 3 after the point."),
        ("rate-0-minutes", "0", "Write a whole number from 1 to 1440."),
        ("rate-0-minutes", "1.5", "Write a whole number from 1 to 1440."),
        ("rate-0-minutes", "9" * 500, "Write a whole number from 1 to 1440."),
        ("fluids_goal_ml", "99999", "Write a whole number from 1 to 9999."),
        ("course-0-every_hours", "0", ABOVE_0),
        ("course-0-until_hours", "40000", "Write a whole number from 1 to 336."),
        ("before-0-mg", "300000", "Too large: at most 5 digits before the point."),
        ("before-0-ingredient", "whisky", "Choose one of the list."),
        ("before-0-ingredient", "", "Choose the medicine, or clear this row."),
        ("product", "9" * 30, "Choose one of the list."),
        ("product", "\x00", "Null characters are not allowed."),
        ("has_risk", "maybe", "Answer yes or no."),
        ("premedication_by", "grandma", "Choose one of the answers."),
        ("weighed_on", "2026-06-31", "Choose a date that exists, as in 2026-03-31."),
        ("weighed_on", "2026-06-13", "That day has not come yet."),
        ("weighed_on", "2016-06-13", "That is before the child was born."),
        ("day_1", "2026-06-15", "Choose a day and a time, as in 2026-03-31 09:00."),
        ("day_1", "2026-06-15T25:00", "Choose a day and a time, as in 2026-03-31 09:00."),
        ("day_1", "2026-06-15T09:00+02:00", "Choose a day and a time, as in 2026-03-31 09:00."),
        ("day_1", "0001-01-01T00:00", "Check the year."),
        ("day_2", "9999-12-31T23:59", "Check the year."),
        ("day_2", "2026-06-15T15:00", "Choose a later date than that of the day before."),
        ("day_2", "2027-03-14T02:30", "The clocks go forward that night, so this time does not exist."),
    ],
)
def test_nonsense_is_named_at_its_field_and_nothing_typed_is_lost(
    name: str, value: str, problem: str, draft: Plan, typed: dict[str, str], doctor: Client
) -> None:
    typed[name] = value
    response = doctor.post(_edit(draft), typed)
    assert response.status_code == 422
    ((field, text),) = _wrong(response).items()
    assert field == f"id_{name}"
    assert text.startswith(problem)
    page = response.content.decode()
    assert f'href="#{field}"' in page
    assert f'id="{field}_error"' in page
    for kept in ("1.2", "Tylenol", "32"):
        assert f'value="{kept}"' in page
    draft.refresh_from_db()
    assert (draft.weight_kg, draft.product, draft.medicines.count()) == (None, None, 0)


def test_minutes_without_a_rate_are_named(draft: Plan, doctor: Client) -> None:
    response = doctor.post(_edit(draft), {"rate-4-minutes": "30"})
    assert _wrong(response) == {"id_rate-4-ml_per_kg_h": "Write the rate too, or clear the minutes."}
    assert 'name="rate-4-minutes" value="30"' in response.content.decode()


@pytest.mark.parametrize("use", ["before", "course"])
def test_a_medicine_twice_for_one_use_is_named(use: str, draft: Plan, doctor: Client) -> None:
    typed = {f"{use}-{number}-ingredient": "acetaminophen" for number in (0, 2)}
    response = doctor.post(_edit(draft), typed)
    assert _wrong(response) == {f"id_{use}-2-ingredient": "This medicine stands in the list twice."}
    assert not PlanMedicine.objects.exists()


def test_more_rows_than_are_shown_are_kept(draft: Plan, doctor: Client) -> None:
    doctor.post(_edit(draft), {f"rate-{number}-ml_per_kg_h": f"0.{number + 1}" for number in range(9)})
    assert draft.rates.count() == 9
    response = doctor.get(_edit(draft))
    assert len(response.context["form"].rates) == 10
    doctor.post(_edit(draft), {f"rate-{number}-ml_per_kg_h": "1" for number in range(9)})
    assert draft.rates.count() == 9


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"rate-TOTAL_FORMS": "1000000", "form-INITIAL_FORMS": "x"},
        {"rate-99-ml_per_kg_h": "1", "rate-99999999-ml_per_kg_h": "1", "rate--1-minutes": "2"},
        {"rate-²-ml_per_kg_h": "1", "course-0-\x00": "1"},
        {"before-0-name": "x" * 5000, "before-0-ingredient": "\x00"},
        {"day_1": "\x00", "day_2": "2026-W24-1T09:00", "weighed_on": "\ud800".encode("utf-8", "replace").decode()},
        {"weight_kg": "9" * 100_000},
        {"weight_kg": "sNaN", "dose_g_per_kg": "-Infinity", "before-0-mg": "1e99999999999999999999"},
    ],
)
def test_junk_is_never_a_server_error(junk: dict[str, str], draft: Plan, doctor: Client) -> None:
    assert doctor.post(_edit(draft), junk).status_code in (302, 422)
    assert doctor.get(_edit(draft)).status_code == 200
    assert doctor.get(reverse("plan_preview", args=[draft.pk])).status_code == 200


def test_save_and_preview_goes_to_the_preview(draft: Plan, typed: dict[str, str], doctor: Client) -> None:
    response = doctor.post(_edit(draft), typed | {"preview": ""})
    assert response["Location"] == reverse("plan_preview", args=[draft.pk])


def test_markup_that_was_typed_stays_text(draft: Plan, doctor: Client) -> None:
    typed = {"before-0-name": "<script>alert(1)</script>", "weight_kg": "<b>"}
    page = doctor.post(_edit(draft), typed).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_an_active_plan_is_no_longer_edited(draft: Plan, typed: dict[str, str], people: object, doctor: Client) -> None:
    doctor.post(_edit(draft), typed)
    plan_activate(plan=draft, by=draft.prescribed_by, at=ACTIVATED_AT)
    assert doctor.get(_edit(draft))["Location"] == reverse("plan_preview", args=[draft.pk])
    response = doctor.post(_edit(draft), typed | {"weight_kg": "30"})
    assert response.status_code == 422
    assert "This plan is active and can no longer be changed here." in response.content.decode()
    assert 'name="weight_kg" value="30"' in response.content.decode()
    draft.refresh_from_db()
    assert draft.weight_kg == 20


def test_the_page_needs_no_inline_script_or_style(draft: Plan, doctor: Client) -> None:
    page = doctor.get(_edit(draft)).content.decode().split("<main", 1)[1]
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)

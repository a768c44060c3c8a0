"""The commands of whoever runs the server, and the demo."""

from __future__ import annotations

from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.care_teams.access import Right, may
from ivig_care.care_teams.models import Child, Clinic
from ivig_care.plans.models import Infusion
from ivig_care.protocols.models import MedicineLimit
from ivig_care.reviews.models import Review
from ivig_care.worker.demo import demo_seed
from tests.conftest import STARTS_AT

pytestmark = pytest.mark.django_db

CLINIC = [
    "clinic",
    "--name=Riverside",
    "--country=US",
    "--zone=America/New_York",
    "--phone=1",
    "--emergency-number=911",
]
CHILD = ["child", "--given-name=Lena", "--family-name=Moreno", "--born-on=2017-04-02"]
MARIA = ["--name=Maria", "--email=maria@example.org"]


def run(*arguments: str) -> str:
    """What the command printed."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_clinic_its_staff_a_child_and_its_family_are_brought_in() -> None:
    run("onboard", *CLINIC)
    clinic = Clinic.objects.get()
    weiss_is = ["--role=clinician", "--name=Dr Weiss", "--email=weiss@example.org"]
    assert "Dr Weiss is clinician of" in run("onboard", "staff", f"--clinic={clinic.pk}", *weiss_is)
    run("onboard", *CHILD, f"--clinic={clinic.pk}")
    child = Child.objects.get()
    agreed = ["--agreed-to-email", "--agreed-to-sms=+1 (212) 555-0147"]
    said = run("onboard", "caregiver", f"--child={child.pk}", "--role=guardian", *MARIA, *agreed)
    assert "with a code that we send to maria@example.org" in said
    maria, weiss = User.objects.get(email="maria@example.org"), User.objects.get(email="weiss@example.org")
    assert may(maria, Right.RECORD, child)
    assert not may(maria, Right.PRESCRIBE, child)
    assert may(weiss, Right.PRESCRIBE, child)
    addresses = ContactPoint.objects.filter(user=maria).order_by("kind").values_list("address", flat=True)
    assert list(addresses) == ["maria@example.org", "+12125550147"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([*CLINIC[:3], "--zone=Mars/Base", *CLINIC[4:]], "unknown time zone"),
        ([*CLINIC[:2], "--country=XX", *CLINIC[3:]], "No rule set"),
        ([*CHILD, "--clinic=999"], "no clinic 999"),
        (["caregiver", "--child=999", "--role=guardian", *MARIA], "no child 999"),
    ],
)
def test_what_cannot_be_is_refused_in_words(arguments: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run("onboard", *arguments)
    assert Clinic.objects.count() == User.objects.count() == 0


@pytest.mark.parametrize("number", ["call me", "+1", "5550147"])
def test_a_number_that_is_none_brings_nobody_in(number: str) -> None:
    run("onboard", *CLINIC)
    run("onboard", *CHILD, f"--clinic={Clinic.objects.get().pk}")
    child = Child.objects.get()
    with pytest.raises(CommandError, match="phone number"):
        run("onboard", "caregiver", f"--child={child.pk}", "--role=guardian", *MARIA, f"--agreed-to-sms={number}")
    assert not User.objects.exists()


def test_the_catalogue_and_the_built_in_protocols_are_loaded() -> None:
    assert "JDM, 2 g/kg over 2 days, version 1" in run("load_catalogue")


def test_the_demo_has_an_infusion_today_one_tomorrow_one_in_its_72_hours_and_one_to_review() -> None:
    demo_seed(now=STARTS_AT, zone="America/Los_Angeles")
    planned = Infusion.objects.filter(days__number=2, days__actual_end=None, closed_at=None)
    assert {str(one.plan.child) for one in planned} == {"Lena Moreno", "Ida Moreno", "Kai Berg"}
    over = Infusion.objects.filter(days__number=2, days__actual_end__isnull=False, closed_at=None)
    assert {str(one.plan.child) for one in over} == {"Ben Moreno", "Noa Moreno"}
    assert str(Review.objects.get().infusion.plan.child) == "Lena Moreno"


def test_demo_data_is_refused_where_real_data_lives(settings: LazySettings) -> None:
    settings.IS_EMBEDDED = False
    with pytest.raises(CommandError, match="embedded database only"):
        run("seed_demo", "--reset")


def test_demo_that_is_there_already_gets_a_newer_catalogue(settings: LazySettings) -> None:
    settings.IS_EMBEDDED = True
    run("seed_demo")
    MedicineLimit.objects.all().delete()
    infusions = set(Infusion.objects.values_list("pk", flat=True))

    run("seed_demo")

    assert MedicineLimit.objects.filter(country="US").exists()
    assert set(Infusion.objects.values_list("pk", flat=True)) == infusions

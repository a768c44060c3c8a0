"""The archive of a child: everything that is kept about it, nothing about anybody else's, and no secret."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.consents import consent_note
from ivig_care.actions.duties import duty_take
from ivig_care.actions.exports import record_export
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.actions.reviews import review_amend, review_sign
from ivig_care.actions.steps import step_note, step_skip, step_tick, step_undo
from ivig_care.care_teams.models import AuditEvent, Child, Consent, GuestLink, Invitation
from ivig_care.common.secrets import secret_hash
from ivig_care.exchange.archive import archive_of
from ivig_care.exchange.archive_fields import DOSE_COLUMNS, FIELDS, LEFT_OUT, NOT_IN, STEP_COLUMNS
from ivig_care.nudges.links import link_url
from ivig_care.nudges.models import InboundMessage
from ivig_care.plans.models import Infusion
from ivig_care.regimen.steps import SkipReason
from ivig_care.reviews.models import Review
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import ContactPointFactory, active_infusion
from tests.web.messages import premedication, sent

SignedIn = Callable[[User], Client]
LATER = STARTS_AT + timedelta(days=21)
FORMULA = "=HYPERLINK(1)"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def lived(infusion: Infusion, people: People) -> Infusion:
    """Lena's infusion with something of everything, beside Kai's."""
    maria, sam, lena = people.maria, people.sam, people.lena
    tylenol, benadryl = premedication(infusion)
    step_tick(step=tylenol, by=maria, at=STARTS_AT, now=STARTS_AT)
    step_undo(step=tylenol, by=maria, now=STARTS_AT)
    step_tick(step=tylenol, by=maria, at=STARTS_AT, now=STARTS_AT, reason=FORMULA)
    step_skip(step=benadryl, by=sam, reason=SkipReason.VOMITED, note=SCRIPT, now=STARTS_AT)
    step_note(step=tylenol, by=sam, note="He said “no” – twice", now=STARTS_AT)
    infusion_day_start(day=infusion.days.get(number=1), by=maria, at=STARTS_AT, now=STARTS_AT)
    duty_take(child=lena, user=sam, by=maria, now=STARTS_AT)
    kai = active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=ACTIVATED_AT)
    both = sent(infusion, maria, [tylenol, premedication(kai)[0]], reason="550 no sam@example.org")
    sent(kai, people.tom, premedication(kai))
    reply = {"contact_point": people.sam.contact_points.get(kind="sms"), "understood": "done", "at": STARTS_AT}
    InboundMessage.objects.create(
        provider_id="SM-secret-1", sender="+1", body="Kai too", answer=link_url(both.pk), delivery=both, **reply
    )
    only = sent(infusion, sam, [benadryl], occasion="only")
    InboundMessage.objects.create(
        provider_id="SM-secret-2", sender="+1", body="done!", answer=f"Undo {link_url(only.pk)}", delivery=only, **reply
    )
    only.attempts.update(detail="sam@example.org or +12125550141: unknown")
    ContactPointFactory.create(
        user=sam, kind="push", address="https://push/secret-endpoint", push_key="push-key", push_secret="push-secret"
    )
    made = {"created_by": maria, "created_at": STARTS_AT}
    Invitation.objects.create(
        code_hash=secret_hash("code"), role="viewer", child=lena, name="Nana", email="nana@example.org",
        expires_at=LATER, **made,
    )  # fmt: skip
    GuestLink.objects.create(
        child=lena, infusion=infusion, secret_hash=secret_hash("secret"), label="Nana", until=LATER, bound_at=STARTS_AT,
        device_hash=secret_hash("device"), person=User.objects.create_user("g@guest.invalid", name="Nan"), **made,
    )  # fmt: skip
    purpose, words = Consent.Purpose.SHARE, "Riverside may see it."
    consent_note(person=maria, purpose=purpose, words=words, now=STARTS_AT, child=lena, clinic=people.riverside)
    consent_note(person=people.tom, purpose=purpose, words="Not ours", now=STARTS_AT, child=people.kai)
    checklists_close(now=LATER)
    review = review_sign(
        review=Review.objects.get(infusion=infusion), by=people.weiss, note="Well done.", next_time="Slower.", at=LATER
    )
    review_amend(review=review, by=people.weiss, note="One more thing.", at=LATER)
    return infusion


@pytest.fixture
def files(lived: Infusion, people: People) -> dict[str, str]:
    """The files of the archive that Maria gets, by name."""
    return opened(record_export(child=people.lena, by=people.maria, now=LATER))


def opened(content: bytes) -> dict[str, str]:
    with ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_what_is_in_it(files: dict[str, str]) -> None:
    assert list(files) == [
        *("README.txt", "record.html", "child.json", "people.json", "plans.json", "infusions.json", "messages.json"),
        *("consents.json", "log.json", "doses.csv", "steps.csv", "data-dictionary.csv"),
    ]
    for name in list(files)[1:]:
        assert name in files["README.txt"]
    for words in ("America/Los_Angeles", "Nothing blank ever means", "missed", "withdrawn"):
        assert words in files["README.txt"]


def test_the_child_and_the_people(files: dict[str, str]) -> None:
    child, people = json.loads(files["child.json"]), json.loads(files["people.json"])
    assert (child["given_name"], child["born_on"], child["zone"]) == ("Lena", "2017-04-02", "America/Los_Angeles")
    assert [(one["user"], one["role"]) for one in people["care_team"]] == [("Maria", "guardian"), ("Sam", "caregiver")]
    assert [one["clinic"] for one in people["clinics"]] == ["Riverside Clinic"]
    assert (people["invitations"][0]["name"], people["guest_links"][0]["person"]) == ("Nana", "Nan")
    assert people["duties"][0]["user"] == "Sam"


def test_the_record_itself(files: dict[str, str], lived: Infusion) -> None:
    (plan,), record = json.loads(files["plans.json"]), json.loads(files["infusions.json"])
    assert (plan["weight_kg"], len(plan["rates"]), len(plan["medicines"])) == ("20.00", 3, 3)
    (infusion,) = record["infusions"]
    assert len(infusion["steps"]) == lived.steps.count()
    tylenol = next(one for one in infusion["steps"] if one["slot"] == "premedication.d1.acetaminophen")
    assert (tylenol["state"], tylenol["said_by"]) == ("done", "Maria")
    assert tylenol["said_at"] == "2026-06-15T16:00:00+00:00"
    assert [one["kind"] for one in tylenol["events"]] == ["done", "undone", "done", "noted"]
    assert infusion["days"][0]["events"][0]["kind"] == "started"
    assert infusion["review"]["amendments"][0]["note"] == "One more thing."
    assert [dose["taken_back_at"] is None for dose in record["doses"]] == [False, True]


def test_messages_and_replies_of_this_child_alone(files: dict[str, str], lived: Infusion) -> None:
    both, only = json.loads(files["messages.json"])
    tylenol, benadryl = premedication(lived)
    assert (both["step_ids"], only["step_ids"]) == ([tylenol.pk], [benadryl.pk])
    assert both["contact_point"] == "text message +12125550140"
    assert only["contact_point"] == "text message …0141"
    assert both["reason"] == "550 no (address)"
    assert only["attempts"][0]["detail"] == "(address) or (address): unknown"
    assert (both["replies"][0]["body"], both["replies"][0]["answer"]) == ("(about several children)",) * 2
    assert (only["replies"][0]["body"], only["replies"][0]["answer"]) == ("done!", "Undo (link)")


def test_consents_and_the_log(files: dict[str, str]) -> None:
    (consent,), log = json.loads(files["consents.json"]), json.loads(files["log.json"])
    assert (consent["person"], consent["words"]) == ("Maria", "Riverside may see it.")
    assert log["done"][0]["sentence"] == "Maria, guardian, took out the whole record."
    assert len(log["done"]) == AuditEvent.objects.filter(subject__startswith="child", child__given_name="Lena").count()
    assert [one["sentence"] for one in log["sent"]] == [
        "A reminder went to Sam by text message.",
        "A reminder went to Maria by text message.",
    ]


def test_tables_and_what_their_columns_mean(files: dict[str, str]) -> None:
    doses, steps, dictionary = (
        list(csv.DictReader(StringIO(files[name]))) for name in ("doses.csv", "steps.csv", "data-dictionary.csv")
    )
    assert [(row["ingredient"], row["mg"], row["reason"]) for row in doses][1] == (
        "acetaminophen",
        "300.000",
        f"'{FORMULA}",
    )
    assert doses[1]["given_at_local"] == "2026-06-15 09:00"
    assert {row["state"] for row in steps} == {"done", "skipped", "missed", "withdrawn"}
    named = {(row["file"], row["column"]) for row in dictionary}
    assert named == {("doses.csv", name) for name in DOSE_COLUMNS} | {("steps.csv", name) for name in STEP_COLUMNS}


def test_no_formula_and_no_script_is_let_through(files: dict[str, str]) -> None:
    for name in ("doses.csv", "steps.csv"):
        for row in csv.reader(StringIO(files[name])):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert "<script" not in files["record.html"]
    assert "&lt;script&gt;" in files["record.html"]


def test_nothing_secret_and_nobody_elses_child(files: dict[str, str], people: People) -> None:
    rows: list[tuple[Model, tuple[str, ...]]] = [
        *((user, ("password",)) for user in User.objects.all()),
        *((point, ("push_key", "push_secret", "code_hash")) for point in ContactPoint.objects.all()),
        *((one, ("code_hash", "email")) for one in Invitation.objects.all()),
        *((one, ("secret_hash", "device_hash")) for one in GuestLink.objects.all()),
        *((one, ("digest",)) for one in AuditEvent.objects.all()),
        *((one, ("provider_id",)) for one in InboundMessage.objects.all()),
    ]
    secrets = {str(getattr(row, name)) for row, names in rows for name in names} - {""}
    others = {"Kai", "Berg", "Hillside", "Tom", "Not ours", "secret-endpoint", "sam@example.org", "+12125550141", "/n/"}
    whole = "\n".join(files.values())
    assert len(secrets) > 20
    assert [word for word in secrets | others if word in whole] == []


def test_it_is_the_same_to_the_byte(lived: Infusion, people: People) -> None:
    first = archive_of(people.lena, reader=people.maria, now=LATER)
    assert archive_of(people.lena, reader=people.maria, now=LATER) == first


def test_more_rows_are_no_more_queries(lived: Infusion, people: People) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            archive_of(people.lena, reader=people.maria, now=LATER)
        return len(counted)

    before = queries()
    for number, step in enumerate(lived.steps.all()[:10]):
        sent(lived, people.sam, [step], occasion=f"more {number}")
    assert queries() == before


# --- complete ----------------------------------------------------------------------------------


def _hangs_on_child() -> set[str]:
    """Every kind of row that leads to a child, by however many others."""
    found: set[type[Model]] = {Child}
    rest = [model for model in apps.get_models() if model.__module__.startswith("ivig_care.")]
    while new := {model for model in rest if model not in found and _parents(model) & found}:
        found |= new
    return {model._meta.label for model in found}


def _parents(model: type[Model]) -> set[type[Model]]:
    return {field.related_model for field in model._meta.fields if isinstance(field.related_model, type)}


def test_every_kind_of_row_about_a_child_is_in_it_or_said_not_to_be() -> None:
    assert _hangs_on_child() == set(FIELDS) | set(NOT_IN)
    assert set(FIELDS) & set(NOT_IN) == set()


@pytest.mark.parametrize("label", list(FIELDS))
def test_every_field_is_in_it_or_said_not_to_be(label: str) -> None:
    model = apps.get_model(label)
    held = {field.name for field in (*model._meta.fields, *model._meta.many_to_many)}
    assert set(FIELDS[label]) | set(LEFT_OUT.get(label, {})) == held
    assert set(FIELDS[label]) & set(LEFT_OUT.get(label, {})) == set()


# --- by whom -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("clock")
def test_a_guardian_takes_it_out(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    maria, path = browser_of(people.maria), reverse("child_export", args=[people.lena.pk])
    page = maria.get(path)
    assert (page.status_code, b"Take everything out" in page.content) == (200, True)
    assert not AuditEvent.objects.filter(verb="exported").exists()
    response = maria.post(path)
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == f'attachment; filename="record-{people.lena.pk}-2026-06-15.zip"'
    assert "no-store" in response.headers["Cache-Control"]
    assert "record.html" in opened(response.content)
    event = AuditEvent.objects.get(verb="exported")
    assert (event.who, event.role, event.about) == ("Maria", "guardian", "record")


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_does(infusion: Infusion, people: People, browser_of: SignedIn, method: str) -> None:
    path = reverse("child_export", args=[people.lena.pk])
    answers: dict[str, Any] = {}
    for user in (people.sam, people.weiss, people.tom):
        answers[user.name] = getattr(browser_of(user), method)(path).status_code
    assert answers == {"Sam": 403, "Weiss": 404, "Tom": 404}
    assert not AuditEvent.objects.filter(verb="exported").exists()


def test_the_operator_takes_it_out(infusion: Infusion, people: People, tmp_path: Path) -> None:
    file = tmp_path / "record.zip"
    call_command("export_child", str(people.lena.pk), str(file))
    assert json.loads(opened(file.read_bytes())["child.json"])["given_name"] == "Lena"
    assert file.stat().st_mode & 0o777 == 0o600
    assert AuditEvent.objects.get(verb="exported").who == "ivig_care"
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_child", str(people.lena.pk), str(file))
    with pytest.raises(CommandError, match="There is no child 999"):
        call_command("export_child", "999", str(tmp_path / "other.zip"))
    assert not (tmp_path / "other.zip").exists()

"""Everything about one child as one archive: for people to read, and for other programs.

What is written of each row is named field by field in archive_fields.py, so that a new field, which may be a secret, is
left out until somebody decides. Nobody's address is whole but the reader's own; codes, links and keys are nowhere.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.db.models import Model, Prefetch, QuerySet
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import get_language

from ivig_care.accounts.addresses import masked, scrubbed
from ivig_care.accounts.models import ContactPoint, User
from ivig_care.care_teams.models import AuditEvent, Child, Clinic
from ivig_care.diary.models import FluidEntry, SymptomReport
from ivig_care.exchange.archive_fields import DOSE_COLUMNS, FIELDS, STEP_COLUMNS
from ivig_care.exchange.log import Asked, log_of_child
from ivig_care.exchange.log_words import SENT
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import (
    BriefingAnswer,
    Dose,
    Infusion,
    InfusionDay,
    InfusionDayEvent,
    Plan,
    ProductLot,
    RateEntry,
    Step,
    StepEvent,
)
from ivig_care.plans.selectors import step_name
from ivig_care.protocols.models import Product, ProtocolVersion
from ivig_care.regimen.timing import zone_named


def archive_of(child: Child, *, reader: User | None, now: datetime) -> bytes:
    """A zip with everything about the child; made twice at one moment, it is the same to the byte."""
    written = _Writer(child, reader)
    plans, infusions = written.plans(), written.infusions()
    doses = list(child.doses.select_related("step", "entered_by"))
    steps = [(infusion, step) for infusion in written.infusion_rows for step in infusion.steps.all()]
    context = {
        "child": child,
        "zone": zone_named(child.zone),
        "made_at": now,
        "members": child.memberships.select_related("user").order_by("pk"),
        "plans": written.plan_rows,
        "infusions": written.infusion_rows,
        "doses": doses,
    }
    files = {
        "README.txt": render_to_string([f"exchange/readme.{get_language()}.txt", "exchange/readme.txt"], context),
        "record.html": render_to_string("exchange/record.html", context),
        "child.json": _json({"made_at": now, **written.row(child)}),
        "people.json": _json(written.people()),
        "plans.json": _json(plans),
        "infusions.json": _json({"infusions": infusions, "doses": [written.row(dose) for dose in doses]}),
        "messages.json": _json(written.messages()),
        "consents.json": _json(written.rows(child.consents.select_related("person", "clinic", "contact_point"))),
        "log.json": _json(written.log()),
        "doses.csv": _csv(DOSE_COLUMNS, (_dose_cells(dose, child) for dose in doses)),
        "steps.csv": _csv(STEP_COLUMNS, (_step_cells(infusion, step) for infusion, step in steps)),
        "data-dictionary.csv": _dictionary(),
    }
    return _zipped(files, now)


class _Writer:
    """Rows as plain values, as this reader may see them."""

    def __init__(self, child: Child, reader: User | None) -> None:
        self.child = child
        self.reader = reader
        plans = Plan.objects.filter(child=child).select_related("version__protocol", "product", "prescribed_by")
        self.plan_rows = list(plans.prefetch_related("rates", "medicines").order_by("pk"))
        self.infusion_rows = list(_infusions_of(child))

    def row(self, row: Model) -> dict[str, Any]:
        """The fields of one row that are written, by name."""
        return {name: self._value(row, name) for name in FIELDS[row._meta.label]}

    def rows(self, rows: Iterable[Model]) -> list[dict[str, Any]]:
        """The same of many."""
        return [self.row(row) for row in rows]

    def people(self) -> dict[str, Any]:
        """Who is and was around the child, how they came in, and who was on duty."""
        child = self.child
        erasures = child.erasures.select_related("asked_by", "taken_back_by").prefetch_related("agreements__guardian")
        links = child.clinic_links.select_related("clinic", "agreed_by", "withdrawn_by")
        invitations = child.invitations.select_related("created_by", "accepted_by")
        return {
            "care_team": self.rows(child.memberships.select_related("user").order_by("pk")),
            "clinics": self.rows(links),
            "invitations": self.rows(invitations),
            "cups": self.rows(child.cups.all()),
            "guest_links": self.rows(child.guest_links.select_related("person", "created_by")),
            "duties": self.rows(child.duties.select_related("user").order_by("pk")),
            "erasures": [self.row(one) | {"agreements": self.rows(one.agreements.all())} for one in erasures],
        }

    def plans(self) -> list[dict[str, Any]]:
        """What was prescribed."""
        return [
            self.row(plan) | {"rates": self.rows(plan.rates.all()), "medicines": self.rows(plan.medicines.all())}
            for plan in self.plan_rows
        ]

    def infusions(self) -> list[dict[str, Any]]:
        """What was to be done, and what was."""
        return [
            self.row(infusion)
            | {
                "days": [self._day(day) for day in infusion.days.all()],
                "steps": [self.row(step) | {"events": self.rows(step.events.all())} for step in infusion.steps.all()],
                "fluids": self.rows(infusion.fluids.all()),
                "reports": [self._report(report) for report in infusion.reports.all()],
                "concerns": [self._concern(concern) for concern in infusion.concerns.all()],
                "review": self._review(infusion),
            }
            for infusion in self.infusion_rows
        ]

    def messages(self) -> list[dict[str, Any]]:
        """What was sent about the child, to whom, what became of it, and what came back."""
        return [
            self.row(one)
            | {
                "step_ids": [step.pk for step in one.steps.all() if step.infusion.plan.child_id == self.child.pk],
                "attempts": self.rows(one.attempts.all()),
                "replies": [self._reply(reply, one) for reply in one.replies.all()],
            }
            for one in _deliveries_of(self.child)
        ]

    def log(self) -> dict[str, Any]:
        """Who did what, with the sentence that the log page has for it; and what was sent."""
        events = AuditEvent.objects.filter(subject=f"child {self.child.pk}").order_by("-at", "-number")
        lines = log_of_child(self.child, Asked(), reader=None, most=None).lines
        done = [line.sentence for line in lines if line.kind != SENT]
        return {
            "done": [self.row(event) | {"sentence": f"{said}."} for event, said in zip(events, done, strict=True)],
            "sent": [{"at": line.at, "sentence": f"{line.sentence}."} for line in lines if line.kind == SENT],
        }

    def _day(self, day: InfusionDay) -> dict[str, Any]:
        inside: dict[str, Iterable[Model]] = {"events": day.events.all(), "rates": day.rates.all()}
        inside |= {"lots": day.lots.all(), "answers": day.answers.all()}
        return self.row(day) | {name: self.rows(rows) for name, rows in inside.items()}

    def _report(self, report: SymptomReport) -> dict[str, Any]:
        symptoms, temperatures = self.rows(report.symptoms.all()), self.rows(report.temperatures.all())
        return self.row(report) | {"symptoms": symptoms, "temperatures": temperatures}

    def _concern(self, concern: Model) -> dict[str, Any]:
        answer = getattr(concern, "answer", None)
        return self.row(concern) | {"answer": None if answer is None else self.row(answer)}

    def _review(self, infusion: Infusion) -> dict[str, Any] | None:
        review = getattr(infusion, "review", None)
        if review is None:
            return None
        return self.row(review) | {"amendments": self.rows(review.amendments.all())}

    def _reply(self, reply: Model, delivery: Delivery) -> dict[str, Any]:
        said = self.row(reply)
        if any(step.infusion.plan.child_id != self.child.pk for step in delivery.steps.all()):
            # It may speak of another child.
            said["body"] = said["answer"] = "(about several children)"
        return said

    def _value(self, row: Model, name: str) -> Any:
        value = getattr(row, name)
        match value:
            case User():
                return value.name
            case ContactPoint():
                is_own = self.reader is not None and value.user_id == self.reader.pk
                return str(value) if is_own else masked(value)
            case Clinic() | Product() | ProtocolVersion():
                return str(value)
            case Model():
                return value.pk
            case str() if (row._meta.label, name) in _SCRUBBED:
                return scrubbed(value)
        return value


# Words of providers and of ours, in which somebody's address or a link that opens something may stand.
_SCRUBBED = {
    ("nudges.Delivery", "reason"),
    ("nudges.DeliveryAttempt", "detail"),
    ("nudges.InboundMessage", "answer"),
}


def _infusions_of(child: Child) -> QuerySet[Infusion]:
    events = StepEvent.objects.select_related("by")
    return (
        Infusion.objects.filter(plan__child=child)
        .select_related("plan", "review__signed_by")
        .prefetch_related(
            "days",
            Prefetch("days__events", InfusionDayEvent.objects.select_related("by").order_by("entered_at", "pk")),
            Prefetch("days__rates", RateEntry.objects.select_related("by")),
            Prefetch("days__lots", ProductLot.objects.select_related("by", "product")),
            Prefetch("days__answers", BriefingAnswer.objects.select_related("by")),
            Prefetch("fluids", FluidEntry.objects.select_related("by")),
            Prefetch("reports", SymptomReport.objects.select_related("by")),
            "reports__symptoms",
            "reports__temperatures",
            "concerns__raised_by",
            "concerns__answer__by",
            Prefetch("steps", Step.objects.select_related("said_by").prefetch_related(Prefetch("events", events))),
            "review__amendments__by",
        )
        .order_by("pk")
    )


def _deliveries_of(child: Child) -> QuerySet[Delivery]:
    own = Delivery.objects.filter(infusion__plan__child=child).values("pk")
    spoken = Delivery.objects.filter(steps__infusion__plan__child=child).values("pk")
    return (
        (Delivery.objects.filter(pk__in=own) | Delivery.objects.filter(pk__in=spoken))
        .select_related("person", "contact_point")
        .prefetch_related(
            Prefetch("steps", Step.objects.select_related("infusion__plan").order_by("pk")),
            "attempts__contact_point",
            "replies__contact_point",
        )
        .order_by("created_at", "pk")
    )


# --- files --------------------------------------------------------------------------------------


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> str:
    match value:
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case Decimal():
            # As a text: a number with a decimal point would not stay what it is.
            return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no place in an archive")


def _instant(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(zone_named(zone)).strftime("%Y-%m-%d %H:%M")


def _dose_cells(dose: Dose, child: Child) -> Sequence[object]:
    step = dose.step
    return (
        *(dose.pk, "" if step is None else step.infusion_id, dose.step_id, dose.ingredient, dose.medicine_name),
        *(dose.mg, _instant(dose.given_at), _local(dose.given_at, child.zone), _instant(dose.entered_at)),
        *(dose.entered_by.name, dose.reason, "yes" if dose.by_clinic else "no", _instant(dose.taken_back_at)),
    )


def _step_cells(infusion: Infusion, step: Step) -> Sequence[object]:
    return (
        *(step.pk, infusion.pk, step.day_number, step_name(step), step.kind, step.actor, step.ingredient),
        *(step.medicine_name, step.mg, _instant(step.due_at), _local(step.due_at, infusion.zone)),
        *(_instant(step.closes_at), step.state, _instant(step.said_at)),
        *("" if step.said_by is None else step.said_by.name, step.skip_reason),
    )


def _dictionary() -> str:
    columns: dict[str, tuple[str | Promise, str]] = dict.fromkeys(("file", "column", "means", "unit"), ("", ""))
    both = (("doses.csv", DOSE_COLUMNS), ("steps.csv", STEP_COLUMNS))
    return _csv(columns, ((file, name, *said) for file, of_file in both for name, said in of_file.items()))


def _csv(columns: Mapping[str, object], rows: Iterable[Sequence[object]]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: object) -> str:
    """A cell that a spreadsheet shows and does not work out."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _zipped(files: Mapping[str, str], now: datetime) -> bytes:
    out = BytesIO()
    made = now.astimezone(UTC).timetuple()[:6]
    with ZipFile(out, "w") as archive:
        for name, text in files.items():
            info = ZipInfo(name, date_time=made)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, text)
    return out.getvalue()

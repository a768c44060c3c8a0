"""Who saw, changed, signed, shared or exported what: append-only, in chains of which each link seals the one before."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from ivig_care.care_teams.models.clinics import Child, Clinic


class AuditEvent(models.Model):
    """One thing that somebody did with a child's record, on a clinic's staff, or with their own account.

    Never edited. `subject` names whose chain it is in ("child 3", "clinic 1", "person 7"), `number` its place there;
    `digest` seals this event together with the one before it, so that a change shows (see actions/audit.py). It holds
    no health data: `about` and `about_id` point to the thing, whose words are looked up by whoever reads the log.
    `who` and `role` are as they were at that moment.
    """

    class Verb(models.TextChoices):
        SAW = "saw", gettext_lazy("looked at")
        KEPT = "kept", gettext_lazy("kept a copy of")
        RECORDED = "recorded", gettext_lazy("recorded")
        CHANGED = "changed", gettext_lazy("changed")
        SHARED = "shared", gettext_lazy("shared")
        ENDED = "ended", gettext_lazy("ended")
        AGREED = "agreed", gettext_lazy("agreed to")
        WITHDREW = "withdrew", gettext_lazy("withdrew")
        SIGNED = "signed", gettext_lazy("signed")
        EXPORTED = "exported", gettext_lazy("took out")
        SIGNED_IN = "signed_in", gettext_lazy("signed in")
        ERASED = "erased", gettext_lazy("erased")

    subject = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    verb = models.CharField(max_length=12, choices=Verb)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    who = models.CharField(max_length=100)
    role = models.CharField(max_length=130, blank=True)
    about = models.CharField(max_length=20)
    about_id = models.BigIntegerField(null=True, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    # What is erased is gone, and the log of it stays.
    child = models.ForeignKey(
        Child, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit_events"
    )
    clinic = models.ForeignKey(
        Clinic, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit_events"
    )
    digest = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["subject", "number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["subject", "number"], name="audit_event_once")]
        indexes: ClassVar = [
            # Read by actions.audit before it notes that somebody looked, and by the page of a log.
            models.Index(fields=["subject", "at"], name="audit_event_at")
        ]

    def __str__(self) -> str:
        return f"{self.who} {self.get_verb_display()} {self.about} ({self.subject}, {self.number})"


class AuditChain(models.Model):
    """The end of one chain: whoever adds to it holds this row, and a chain that was cut short no longer fits it."""

    subject = models.CharField(max_length=40, primary_key=True)
    number = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    # The last digest says nothing of whether there was more: whoever cuts a chain short cannot seal the new end.
    seal = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.subject}: {self.number}"

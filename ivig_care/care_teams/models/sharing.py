"""How people come in: invitations by link or code, and links for guests who have no account."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet

from ivig_care.care_teams.models.clinics import Child, Clinic
from ivig_care.care_teams.models.teams import OF_CHILD, OF_CLINIC, Role


class InvitationQuerySet(QuerySet["Invitation"]):
    """Invitations."""

    def open(self, now: datetime) -> InvitationQuerySet:
        """Those that somebody can still accept."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now)


class Invitation(models.Model):
    """A place in a care team, or on a staff, that is kept for whoever has the code: open -> accepted, once.

    It ends by being accepted, by being taken back, or at `expires_at`. Only the hash of the code is kept. `name` is
    what the inviter calls the person; `email` is where it was sent to, if anywhere.
    """

    code_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=20, choices=Role)
    child = models.ForeignKey(Child, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    clinic = models.ForeignKey(Clinic, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    wrong_years = models.PositiveSmallIntegerField(default=0)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="invitation_into_family_of_child_staff_of_clinic",
                condition=Q(role__in=OF_CHILD, child__isnull=False, clinic__isnull=True)
                | Q(role__in=OF_CLINIC, child__isnull=True, clinic__isnull=False),
            ),
            models.CheckConstraint(
                name="invitation_accepted_by_somebody",
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to be {self.role} of {self.child or self.clinic}"


class GuestLinkQuerySet(QuerySet["GuestLink"]):
    """Links for guests."""

    def standing(self, now: datetime) -> GuestLinkQuerySet:
        """Those that open something at `now`."""
        return self.filter(revoked_at__isnull=True, until__gt=now)


class GuestLink(models.Model):
    """A page for somebody without an account: one child, one infusion, until a time.

        made -> bound (a name was typed on one device) -> over (taken back, or its time has come)

    `label` is what the family calls the guest, and `person` who the record names: made when the guest types a name, and
    never able to sign in. Only hashes are kept of the secret in the address and of the device that it is bound to.
    """

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="guest_links")
    # By name: the plans stand above the care teams.
    infusion = models.ForeignKey("plans.Infusion", on_delete=models.CASCADE, related_name="guest_links")
    secret_hash = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=60)
    may_record = models.BooleanField(default=True)
    until = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="guest_link"
    )
    device_hash = models.CharField(max_length=64, blank=True)
    bound_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = GuestLinkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="guest_link_bound_to_person_and_device",
                condition=Q(bound_at__isnull=True, person__isnull=True, device_hash="")
                | (Q(bound_at__isnull=False, person__isnull=False) & ~Q(device_hash="")),
            ),
        ]

    def __str__(self) -> str:
        return f"guest link {self.pk} for {self.label}"

"""The on-screen outbox: what would have left the machine."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q, QuerySet

from ivig_care.accounts.models import ContactPoint, User


class OutboxMessageQuerySet(QuerySet["OutboxMessage"]):
    """Messages in the outbox, starting from the person asking."""

    def visible_to(self, user: User) -> OutboxMessageQuerySet:
        """The messages addressed to this person; an address that is not proved may be anybody's."""
        addresses = ContactPoint.objects.filter(user=user, verified_at__isnull=False).values("address")
        return self.filter(Q(to__in=addresses) | Q(to=user.email))


class OutboxMessage(models.Model):
    """A message that would have left the machine, shown on screen because no provider is set up."""

    kind = models.CharField(max_length=10, choices=ContactPoint.Kind)
    to = models.CharField(max_length=600)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    at = models.DateTimeField()

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.to}"

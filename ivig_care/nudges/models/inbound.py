"""What people send back from their phones."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy

from ivig_care.accounts.models import ContactPoint
from ivig_care.nudges.models.deliveries import Delivery


class InboundMessage(models.Model):
    """One text that came in, what it was understood as, and what was answered. `provider_id` forbids a second time."""

    class Understood(models.TextChoices):
        DONE = "done", gettext_lazy("done")
        SKIP = "skip", gettext_lazy("skip")
        LATER = "later", gettext_lazy("later")
        STOP = "stop", gettext_lazy("stop")
        START = "start", gettext_lazy("start")
        HELP = "help", gettext_lazy("help")
        UNCLEAR = "unclear", gettext_lazy("not understood")

    provider_id = models.CharField(max_length=120, unique=True)
    sender = models.CharField(max_length=40)
    contact_point = models.ForeignKey(
        ContactPoint, null=True, blank=True, on_delete=models.PROTECT, related_name="inbound"
    )
    delivery = models.ForeignKey(Delivery, null=True, blank=True, on_delete=models.PROTECT, related_name="replies")
    body = models.TextField()
    at = models.DateTimeField()
    understood = models.CharField(max_length=10, choices=Understood)
    answer = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_understood_display()} from {self.sender}"

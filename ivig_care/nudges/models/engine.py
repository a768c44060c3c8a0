"""What the dispatch keeps about itself: signs of life, and how fast each provider may be used."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """The last sign of life of one part: beat, dispatch, or one worker."""

    name = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S} UTC"


class Throttle(models.Model):
    """How many messages of one kind may leave at once, as of `filled_at`; shared by all workers."""

    kind = models.CharField(max_length=10, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind}: {self.tokens:.1f}"

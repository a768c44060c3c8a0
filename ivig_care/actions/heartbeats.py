"""Writes signs of life: beat, the dispatch and each worker say that they get on with their work."""

from __future__ import annotations

from datetime import datetime, timedelta

from ivig_care.nudges.models import Heartbeat

# Machines come and go under new names; the rows of those that are gone are of no use.
KEPT = timedelta(days=1)


def heartbeat_beat(*, name: str, now: datetime, detail: str = "") -> None:
    """Say that this part made progress at `now`; one statement, whoever else writes the same row."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name[:120], at=now, detail=detail[:200])],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )


def heartbeats_forget(*, now: datetime) -> int:
    """Remove what has not beaten for a day; how many there were."""
    return Heartbeat.objects.filter(at__lt=now - KEPT).delete()[0]

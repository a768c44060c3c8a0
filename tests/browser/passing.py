"""Run as a program: time passes for one infusion, because everything that is stored of it moves into the past.

    python -m tests.browser.passing INFUSION MINUTES

The clock stays what it is, so the worker and beat see what they would see so many minutes later.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django


def main(infusion_id: int, minutes: int) -> None:
    """Move every stored instant of the infusion back by so many minutes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from django.db import transaction
    from django.db.models import DateTimeField, F, QuerySet

    from ivig_care.plans.models import Dose, Infusion, InfusionDay, InfusionDayEvent, Step, StepEvent

    rows: tuple[QuerySet[Dose | InfusionDay | InfusionDayEvent | Step | StepEvent], ...] = (
        InfusionDay.objects.filter(infusion=infusion_id),
        InfusionDayEvent.objects.filter(day__infusion=infusion_id),
        Step.objects.filter(infusion=infusion_id),
        StepEvent.objects.filter(step__infusion=infusion_id),
        Dose.objects.filter(step__infusion=infusion_id),
    )
    passed = timedelta(minutes=minutes)
    with transaction.atomic():
        for some in rows:
            instants = [field.name for field in some.model._meta.fields if isinstance(field, DateTimeField)]
            some.update(**{name: F(name) - passed for name in instants})
        Infusion.objects.filter(pk=infusion_id).update(revision=F("revision") + 1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

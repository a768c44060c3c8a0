"""Run as a program: what was said of the steps of one infusion, as JSON.

    python -m tests.browser.said INFUSION

For each entry, the oldest first: its kind, whose it is, how many minutes ago it was, and whether a dose stands of it.
"""

from __future__ import annotations

import json
import os
import sys

import django


def main(infusion_id: int) -> None:
    """Print what the record says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from ivig_care.common import clock
    from ivig_care.plans.models import Dose, StepEvent

    now = clock.now()
    doses = Dose.objects.filter(step__infusion=infusion_id, taken_back_at__isnull=True).values_list("step", flat=True)
    kinds = ("done", "skipped", "noted", "undone")
    events = (
        StepEvent.objects.filter(step__infusion=infusion_id, kind__in=kinds).select_related("by").order_by("at", "pk")
    )
    said = [
        [one.kind, str(one.by), int((now - one.at).total_seconds() // 60), one.kind == "done" and one.step_id in doses]
        for one in events
    ]
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))

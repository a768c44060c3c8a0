"""Run as a program: the clinic signs an infusion, and prescribes the next one with another weight and other drinks.

python -m tests.browser.next_time INFUSION
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from decimal import Decimal

import django


def main(infusion_id: int) -> None:
    """Sign, and prescribe."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from ivig_care.accounts.models import User
    from ivig_care.actions.reviews import review_sign
    from ivig_care.common import clock
    from ivig_care.plans.models import Infusion, Plan
    from ivig_care.reviews.models import Review
    from tests.factories import active_infusion

    now = clock.now().replace(microsecond=0)
    weiss = User.objects.get(email="weiss@example.org")
    infusion = Infusion.objects.select_related("plan__child").get(pk=infusion_id)
    review = Review.objects.get(infusion=infusion)
    review_sign(
        review=review,
        by=weiss,
        note="Well done, Rosa.",
        next_time="Start the drinks a day earlier.",
        at=now,
        knows_open=True,
    )
    following = active_infusion(child=infusion.plan.child, by=weiss, starts_at=now + timedelta(days=20), at=now)
    Plan.objects.filter(pk=following.plan_id).update(weight_kg=Decimal("21.4"), fluids_goal_ml=1600)


if __name__ == "__main__":
    main(int(sys.argv[1]))

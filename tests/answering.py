"""What the clinic says of one concern alone, for tests that are about something else."""

from __future__ import annotations

from datetime import datetime

from ivig_care.accounts.models import User
from ivig_care.actions.concerns import concerns_answer
from ivig_care.reviews.models import Concern, ConcernAnswer


def concern_answer(*, concern: Concern, words: str, by: User, now: datetime) -> ConcernAnswer:
    """Answer this one, as if nothing else had stood on the page."""
    return concerns_answer(infusion=concern.infusion, seen=[concern.pk], words=words, by=by, now=now).answers[0]

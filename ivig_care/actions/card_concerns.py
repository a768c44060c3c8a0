"""Writes a concern for the clinic when what runs is not what was ordered: once for each kind of thing and day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import override

from ivig_care.accounts.models import User
from ivig_care.actions.concerns import concern_raise
from ivig_care.plans.card_words import Difference
from ivig_care.plans.models import InfusionDay
from ivig_care.reviews.models import Concern


def differences_tell(day: InfusionDay, find: Callable[[], Sequence[Difference]], *, by: User, now: datetime) -> None:
    """Tell the clinic of those found that it should know of; a second time the same is no second concern."""
    # The clinic reads them, in its own language and not in that of whoever holds the phone.
    with override(settings.LANGUAGE_CODE):
        found = find()
    for one in found:
        if one.is_for_clinic:
            concern_raise(
                infusion=day.infusion,
                kind=Concern.Kind.CARD,
                about=one.about,
                words=one.words,
                by=by,
                now=now,
                day=day,
            )

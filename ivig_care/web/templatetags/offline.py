"""What a page says about itself to a device that keeps it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django import template
from django.template.context import Context

from ivig_care.accounts.models import User
from ivig_care.common import clock
from ivig_care.web.offline.kept import person_word
from ivig_care.web.templatetags.times import date_clock, minute

register = template.Library()


@register.inclusion_tag("offline/_kept.html", takes_context=True)
def kept_mark(context: Context) -> dict[str, object]:
    """What stands above a page that a device shows without a signal: how old it is. Hidden until then."""
    request = context.get("request")
    if request is None or not getattr(request, "is_kept", False):
        return {}
    zone = context.get("zone")
    if not isinstance(zone, ZoneInfo):
        zone = request.user.zone
    return {"looked": date_clock(minute(clock.now()), zone)}


@register.filter
def person(user: User) -> str:
    """The word by which a device knows whose its copies and entries are."""
    return person_word(user)

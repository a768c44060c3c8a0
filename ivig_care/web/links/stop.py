"""One tap that ends messages to one address: the link at the foot of an e-mail, and the button of mail programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.contact_points import STOP_BY_LINK, contact_point_off
from ivig_care.care_teams.access import children_told_of, families_told
from ivig_care.common import clock
from ivig_care.nudges.models import Delivery
from ivig_care.web.links.sealed import opens_with_token


@opens_with_token(until_its_end=False)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """Ask on a GET; on a POST no more messages go there. Works however old the message is."""
    point = _came_by(delivery)
    if request.method == "POST" and point is not None:
        contact_point_off(contact_point=point, reason=STOP_BY_LINK, now=clock.now(), is_withdrawn=True)
        point.refresh_from_db()
    return render(request, "links/stop.html", _context(delivery, point))


def _context(delivery: Delivery, point: ContactPoint | None) -> dict[str, object]:
    person = delivery.person_id
    children = children_told_of([person]).get(person, set())
    return {
        "point": point,
        "has_others": families_told(children).exclude(user=person).exists(),
        "is_reached": ContactPoint.objects.usable().filter(user=person).exists(),
    }


def _came_by(delivery: Delivery) -> ContactPoint | None:
    """The address of the e-mail that has this link; the message may have gone another way since."""
    tries = delivery.attempts.filter(contact_point__kind=ContactPoint.Kind.EMAIL).select_related("contact_point")
    last = tries.last()
    return delivery.contact_point if last is None else last.contact_point

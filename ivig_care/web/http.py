"""The request as the views know it: from a signed-in person, perhaps through htmx."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from ivig_care.accounts.models import User


class PersonRequest(HttpRequest):
    """A request that has passed the sign-in and htmx middleware."""

    htmx: HtmxDetails
    user: User

"""What every page behind a link in a message has in common: no sign-in, nothing kept by anybody on the way."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from ivig_care.common import clock
from ivig_care.nudges.answering import delivery_of, may_answer
from ivig_care.nudges.models import Delivery
from ivig_care.web.limits import failures_limited

DeliveryView = Callable[[HttpRequest, Delivery], HttpResponse]
TokenView = Callable[[HttpRequest, str], HttpResponse]


def opens_with_token(*, until_its_end: bool = True) -> Callable[[DeliveryView], TokenView]:
    """Give the view the delivery of the token: 404 for a token that is not ours, 410 for one that opens no more.

    The right to act comes with the address and with no cookie, so there is nothing that another site could borrow:
    CSRF tokens are not asked for. They could not be given either, for without a referrer a form has no origin.

    A clinic's people see no child without signing in: to them the address only says which page to sign in for.
    """

    def decorator(view: DeliveryView) -> TokenView:
        # Only what we never signed is a failure: whoever opens an old message guessed nothing.
        @failures_limited("link", statuses=[404])
        def opened(request: HttpRequest, token: str) -> HttpResponse:
            delivery = delivery_of(token)
            if delivery is None:
                return render(request, "links/over.html", status=404)
            if until_its_end and not may_answer(delivery, clock.now()):
                return render(request, "links/over.html", status=410)
            if until_its_end and delivery.purpose in Delivery.TO_THE_CLINIC:
                return _to_sign_in_for(delivery)
            return view(request, delivery)

        @wraps(view)
        def sealed(request: HttpRequest, token: str) -> HttpResponse:
            return _sealed(opened(request, token))

        return login_not_required(csrf_exempt(never_cache(sealed)))

    return decorator


def _to_sign_in_for(delivery: Delivery) -> HttpResponse:
    """What waits for an answer stands first on the clinic's page; what nobody answered, beside all else of it."""
    key = delivery.infusion_id
    if key is None or delivery.purpose != Delivery.Purpose.CLINIC:
        return redirect("clinic")
    return redirect("infusion_review", pk=key)


def _sealed(response: HttpResponse) -> HttpResponse:
    """The address is as good as a key: it goes to no other site and into no index."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response

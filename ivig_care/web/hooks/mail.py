"""What e-mail providers tell us through django-anymail's webhooks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, include

from ivig_care.actions.links import delivery_opened
from ivig_care.actions.receipts import NotArrived, delivery_complained, delivery_delivered, delivery_undelivered
from ivig_care.common import clock
from ivig_care.nudges.channels.mail_receipts import MailReceipt, hook_is_guarded
from ivig_care.nudges.models import DeliveryAttempt
from ivig_care.web.limits import failures_limited

_NOT_WANTED = {"complained": "called unwanted in the mail program", "unsubscribed": "unsubscribed in the mail program"}


def hooks() -> list[URLPattern]:
    """The addresses of django-anymail, one for each provider; while no secret is set, none of them exists."""
    module: Any = include("anymail.urls")[0]
    patterns: list[URLPattern] = module.urlpatterns
    for pattern in patterns:
        pattern.callback = _guarded(pattern.callback)
    return patterns


def _guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **keys: object) -> HttpResponse:
        if not hook_is_guarded():
            raise Http404
        return view(request, *args, **keys)

    # django-anymail asks for a secret that somebody chose, and answers 400 to a wrong one.
    return login_not_required(failures_limited("mail hook", statuses=[400, 403])(guarded))


def mail_reported(receipt: MailReceipt) -> None:
    """Keep what a provider reports of an e-mail of ours; what it says of others, and of its own doings, is let go."""
    sent = DeliveryAttempt.objects.select_related("delivery").filter(provider_id=receipt.message_id).first()
    if sent is None:
        return
    delivery, now = sent.delivery, clock.now()
    match receipt.kind:
        case "delivered":
            delivery_delivered(delivery_id=delivery.pk, provider_id=receipt.message_id, now=now)
        case "opened" | "clicked":
            delivery_opened(delivery=delivery, now=now)
        case "bounced" | "rejected" | "failed":
            why = NotArrived(detail=_detail(receipt), is_permanent=receipt.kind != "failed" and not receipt.is_passing)
            delivery_undelivered(delivery_id=delivery.pk, provider_id=receipt.message_id, why=why, now=now)
        case "complained" | "unsubscribed":
            reason = _NOT_WANTED[receipt.kind]
            delivery_complained(delivery_id=delivery.pk, provider_id=receipt.message_id, reason=reason, now=now)


def _detail(receipt: MailReceipt) -> str:
    return f"{receipt.kind}: {receipt.detail}" if receipt.detail else receipt.kind

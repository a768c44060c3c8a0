"""What Twilio tells us: texts that people send back, and what became of ours. Only Twilio can sign them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ivig_care.actions.receipts import NotArrived, delivery_delivered, delivery_taken, delivery_undelivered
from ivig_care.actions.replies import STOPPED_AT_PROVIDER, reply_take
from ivig_care.common import clock
from ivig_care.nudges.channels.twilio import is_gone_for_good, reply_document, request_is_genuine
from ivig_care.nudges.models import Delivery
from ivig_care.web.limits import failure_note, is_over

# What Twilio sends is short; a text has at most 1600 characters.
MOST_BYTES = 50_000
LONGEST_BODY = 1600
LONGEST_ID = 64
LONGEST_NUMBER = 20
LONGEST_KEY = 2**63 - 1

Fields = dict[str, str]


def from_twilio(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the form's fields if Twilio signed them: 413 when too much, 400 when no form, 403 when unsigned."""

    @wraps(view)
    def checked(request: HttpRequest, **keys: int) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return HttpResponse(status=413)
        if request.content_type != "application/x-www-form-urlencoded":
            return HttpResponse(status=400)
        fields = {name: str(value) for name, value in request.POST.items()}
        signature = request.headers.get("X-Twilio-Signature", "")
        if not request_is_genuine(f"{settings.PUBLIC_URL}{request.get_full_path()}", fields, signature):
            # After the look at the signature: whoever forges some cannot keep out those of the provider.
            failure_note(request, "hook")
            return HttpResponse(status=429 if is_over(request, "hook") else 403)
        return view(fields, **keys)

    return login_not_required(csrf_exempt(never_cache(require_POST(checked))))


@from_twilio
def sms(fields: Fields) -> HttpResponse:
    """A text from a phone; the same one twice is answered twice alike and done once."""
    message_id, sender = fields.get("MessageSid", ""), fields.get("From", "")
    if not 0 < len(message_id) <= LONGEST_ID or not 0 < len(sender) <= LONGEST_NUMBER or "\x00" in message_id + sender:
        return HttpResponse(status=400)
    body = fields.get("Body", "").replace("\x00", "")[:LONGEST_BODY]
    kept = reply_take(provider_id=message_id, sender=sender, body=body, now=clock.now())
    return HttpResponse(reply_document(kept.answer), content_type="text/xml")


@from_twilio
def status(fields: Fields, pk: int) -> HttpResponse:
    """What became of one of our texts. Reports come late, twice and in any order."""
    message_id, now = fields.get("MessageSid", ""), clock.now()
    if not 0 < len(message_id) <= LONGEST_ID or "\x00" in message_id:
        return HttpResponse(status=400)
    if pk > LONGEST_KEY or not Delivery.objects.filter(pk=pk).exists():
        raise Http404
    match fields.get("MessageStatus"):
        case "delivered" | "read":
            delivery_delivered(delivery_id=pk, provider_id=message_id, now=now)
        case "undelivered" | "failed":
            delivery_undelivered(delivery_id=pk, provider_id=message_id, why=_why(fields), now=now)
        case "accepted" | "queued" | "sending" | "sent":
            delivery_taken(delivery_id=pk, provider_id=message_id, now=now)
        case _:
            return HttpResponse(status=400)
    return HttpResponse(status=204)


def _why(fields: Fields) -> NotArrived:
    code = fields.get("ErrorCode", "")
    is_number = code.isascii() and code.isdecimal() and len(code) <= LONGEST_NUMBER
    return NotArrived(
        detail=f"Twilio {code}" if is_number else "Twilio gives no reason",
        is_permanent=is_number and is_gone_for_good(int(code)),
        is_stop=code == STOPPED_AT_PROVIDER,
    )

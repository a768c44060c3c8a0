"""Forms that do what they say once, however often they arrive: sent twice, or kept on a phone without a signal.

A form carries a `key` of its own ({% queue_key %}). A device that sends what had to wait asks for a short answer
(`X-Queued`), because there is nobody to look at a page; see docs/adr/0023-without-a-signal.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import TypeVar, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage, Message
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from ivig_care.accounts.models import SentEntry
from ivig_care.actions.audit import audits_last
from ivig_care.actions.sent_entries import sent_entry_begin, sent_entry_end, sent_entry_forget
from ivig_care.common import clock
from ivig_care.web.http import PersonRequest, page_before

V = TypeVar("V", bound=Callable[..., HttpResponse])

REFUSED = "refused"
# What had to wait is sent with this header, and answered shortly; "now" leaves what was said for the page to follow.
QUEUED = "X-Queued"
NOW = "now"
_KEY = re.compile(r"[A-Za-z0-9_.-]{8,64}")
# What a device may write otherwise when it sends the same form once more.
_OF_THE_SENDING = frozenset({"key", "csrfmiddlewaretoken", "ago", "exact", "from"})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a form, in words for the person who sent it."""

    status: str
    words: str
    wants_reason: bool = False
    to: str = ""
    look: str = ""


def once(view: V) -> V:
    """Do what the form says the first time that its key comes; afterwards answer as the first time.

    A form that is refused may come again with the same key. All of it is one transaction: the key stands exactly when
    what the form did stands.
    """

    @wraps(view)
    def done_once(request: PersonRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        said_before = len(_storage(request))
        with transaction.atomic(), audits_last():
            entry, is_new = _begin(request)
            if not is_new and entry is not None:
                return _again(request, entry)
            response = view(request, *args, **kwargs)
            outcome = _outcome(request, response, said_before)
            _end(entry, outcome)
        return _short(request, outcome) if QUEUED in request.headers else response

    return cast(V, done_once)


def refusal_note(request: PersonRequest, words: str, *, wants_reason: bool = False, look: str = "") -> None:
    """Remember why a form was refused, for a device that cannot be shown a page.

    `look` is where the person can see what the same would change, and say it again.
    """
    request.refused_for, request.wants_reason, request.refused_look = words, wants_reason, look


def was_queued(request: PersonRequest) -> bool:
    """Whether this was said a while ago, and waited for a signal."""
    return request.headers.get(QUEUED, NOW) != NOW


def _begin(request: PersonRequest) -> tuple[SentEntry | None, bool]:
    """The entry of the form's key and whether it is new; none for a form without one."""
    key = request.POST.get("key", "")
    if not _KEY.fullmatch(key):
        return None, True
    return sent_entry_begin(
        person=request.user, key=_with_words(request, key), path=request.path[:200], now=clock.now()
    )


def _with_words(request: PersonRequest, key: str) -> str:
    """The key of what the form says: a page that was gone back to, or kept, says something else with its old key."""
    said = sorted(
        (name, value.replace("\r\n", "\n"))
        for name, values in request.POST.lists()
        if name not in _OF_THE_SENDING
        for value in values
        if value
    )
    return hashlib.sha256(repr((key, said)).encode()).hexdigest()


def _end(entry: SentEntry | None, outcome: Outcome) -> None:
    if entry is None:
        return
    if outcome.status == REFUSED:
        sent_entry_forget(entry)
    else:
        sent_entry_end(entry=entry, status=SentEntry.Status(outcome.status), words=outcome.words, to=outcome.to)


def _outcome(request: PersonRequest, response: HttpResponse, said_before: int) -> Outcome:
    # What was taken leads on, or is a part of a page; a whole page still asks something. What leads back may say why.
    is_asking = response.status_code == HTTPStatus.OK and not request.htmx
    if is_asking or response.status_code >= HTTPStatus.BAD_REQUEST or hasattr(request, "refused_for"):
        words = getattr(request, "refused_for", "") or _("This could not be recorded as it is. Enter it again.")
        wants_reason, look = getattr(request, "wants_reason", False), getattr(request, "refused_look", "")
        to = response.headers.get("Location", "")
        return Outcome(status=REFUSED, words=words, wants_reason=wants_reason, look=look, to=to)
    said = _said(request)[said_before:]
    is_conflict = any(message.level == messages.WARNING for message in said)
    return Outcome(
        status=SentEntry.Status.CONFLICT if is_conflict else SentEntry.Status.RECORDED,
        words=" ".join(str(message) for message in said),
        to=response.headers.get("Location", ""),
    )


def _said(request: PersonRequest) -> list[Message]:
    """What the person has been or will be told. Looking here does not count as telling."""
    storage = _storage(request)
    was_told = storage.used
    said = list(storage)
    storage.used = was_told
    return said


def _storage(request: PersonRequest) -> BaseStorage:
    return cast(BaseStorage, messages.get_messages(request))


def _again(request: PersonRequest, entry: SentEntry) -> HttpResponse:
    """Nothing is done; the person is told what was done before."""
    outcome = Outcome(status=entry.status, words=entry.words, to=entry.to)
    if was_queued(request):
        return _short(request, outcome)
    say = messages.warning if entry.status == SentEntry.Status.CONFLICT else messages.success
    # After a double tap the page that would tell of the first one was never shown: it is told once.
    if entry.words and entry.words not in " ".join(str(message) for message in _said(request)):
        say(request, entry.words)
    if QUEUED in request.headers:
        return _short(request, outcome)
    return HttpResponseClientRefresh() if request.htmx else HttpResponseRedirect(_on_from(request, entry))


def _on_from(request: PersonRequest, entry: SentEntry) -> str:
    """Back to the page of the form; but a page that does nothing but ask leads on to where it led the first time."""
    before = page_before(request)
    return entry.to if entry.to and urlsplit(before).path == request.path else before


def _short(request: PersonRequest, outcome: Outcome) -> HttpResponse:
    said = {"status": outcome.status, "words": outcome.words, "wants_reason": outcome.wants_reason}
    if outcome.look:
        said["look"] = outcome.look
    if was_queued(request):
        # Told here and now.
        _storage(request).used = True
    else:
        said["to"] = outcome.to
    # Whoever is led to where it is said may follow.
    is_led = outcome.status != REFUSED or bool(said.get("to"))
    return JsonResponse(said, status=HTTPStatus.OK if is_led else HTTPStatus.UNPROCESSABLE_ENTITY)

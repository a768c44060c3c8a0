"""What makes the site an app on a phone: its manifest, its service worker, the page without a signal."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ivig_care.common import clock
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import person_word

# What every page needs; the device has it before it is needed.
SHELL = (
    "css/app.css",
    "django_htmx/htmx-2.min.js",
    "js/app.js",
    "js/offline.js",
    "js/queue.js",
    "js/sending.js",
    "js/entry.js",
    "js/waiting.js",
    "js/sheet.js",
    "js/say.js",
    "js/copies.js",
    "js/install.js",
    "icon.svg",
)
WORKER = ("js/service-worker.js", "js/keeping.js", "js/ahead.js", "js/notifications.js")
ICONS = (("icons/icon-192.png", "192x192", "any"), ("icons/icon-512.png", "512x512", "any"))
MASKABLE = (("icons/maskable-512.png", "512x512", "maskable"),)


@require_safe
@login_not_required
def manifest(_request: HttpRequest) -> HttpResponse:
    """What the app is called and looks like on a home screen."""
    said = {
        "id": "/",
        "name": _("ivig_care: the checklist around an infusion"),
        "short_name": "ivig_care",
        "description": _("The checklist around an infusion"),
        "lang": get_language() or settings.LANGUAGE_CODE,
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "theme_color": "#f6f4ef",
        "background_color": "#f6f4ef",
        "icons": [
            {"src": staticfiles_storage.url(name), "sizes": sizes, "purpose": purpose, "type": "image/png"}
            for name, sizes, purpose in (*ICONS, *MASKABLE)
        ],
    }
    return JsonResponse(said, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@require_safe
@login_not_required
def service_worker(_request: HttpRequest) -> HttpResponse:
    """The script that keeps pages and shows notifications; at the root, so that it may open every page of the site."""
    response = HttpResponse(_script(), content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
@login_not_required
def offline(request: HttpRequest, language: str = "") -> HttpResponse:
    """What the device shows when there is no signal and it has not kept the page that was asked for.

    The device has it in every language, for it cannot know which one the next person will choose.
    """
    if language and language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language or get_language()):
        response = render(request, "offline/offline.html")
        response.headers["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    return response


@require_safe
def queue(request: PersonRequest) -> HttpResponse:
    """Who is signed in, and what a device needs to send what waited on it."""
    said = {"person": person_word(request.user), "token": get_token(request), "now": clock.now().isoformat()}
    return JsonResponse(said)


@lru_cache(maxsize=1)
def _script() -> str:
    pages = {language: reverse("offline_in", args=[language]) for language, _name in settings.LANGUAGES}
    site = {
        "shell": [*map(staticfiles_storage.url, SHELL), *pages.values()],
        "signOut": reverse("account_logout"),
        "ahead": reverse("ahead"),
        "offline": pages,
        # What a message says that brought no words.
        "words": {language: _said_in(language) for language in pages},
    }
    # With another version of any file, the device fetches all of them anew.
    version = hashlib.sha256(b"".join(_contents(name) for name in (*SHELL, *WORKER)))
    for language in pages:
        with translation.override(language):
            version.update(render_to_string("offline/offline.html").encode())
    said = json.dumps(site | {"version": version.hexdigest()[:12]})
    return "\n".join([f"const SITE = {said};", *(_contents(name).decode() for name in WORKER)])


def _said_in(language: str) -> str:
    with translation.override(language):
        return _("Open the checklist to see what is to do.")


def _contents(name: str) -> bytes:
    ours = settings.BASE_DIR / "static" / name
    if ours.exists():
        return ours.read_bytes()
    # A package's file changes with its address, or with the package.
    return staticfiles_storage.url(name).encode()

"""In which language a person is shown things: the one they chose, else that of their browser."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ivig_care.accounts.models import User
from ivig_care.actions.accounts import language_set
from ivig_care.web.http import page_before

_YEAR = 60 * 60 * 24 * 365


class LanguageOfPerson(LocaleMiddleware):
    """Speaks a signed-in person's own language; of anybody else the one chosen on the device, else the browser's.

    Stands behind the middleware that knows the person, whom every page of theirs asks for anyway.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Choose the language of the whole answer."""
        super().process_request(request)
        chosen = request.user.language if isinstance(request.user, User) else ""
        if chosen and chosen != request.LANGUAGE_CODE and chosen in dict(settings.LANGUAGES):
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        """Say which language it is, and what it depended on."""
        patch_vary_headers(response, ("Cookie",))
        return super().process_response(request, response)  # type: ignore[return-value]


@csrf_exempt
@login_not_required
@require_POST
def language_choose(request: HttpRequest) -> HttpResponse:
    """Speak this language from now on: on this device, and to the person wherever they sign in. Back to the page.

    Asks for no token, so that the pages of links and guests stay the same for everybody, and for no other site's wish.
    """
    back = HttpResponseRedirect(page_before(request))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES) and _is_asked_here(request):
        back.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        if isinstance(request.user, User):
            language_set(person=request.user, language=chosen)
    return back


def _is_asked_here(request: HttpRequest) -> bool:
    """Whether the button was on a page of ours. Browsers say with every form where it was."""
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.get_host()}"

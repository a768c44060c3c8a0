"""How the site is, for machines: no sign-in, and nothing about anybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ivig_care.common import clock
from ivig_care.nudges.selectors import DispatchHealth, dispatch_health
from ivig_care.web.limits import failures_limited
from ivig_care.web.ops.metrics import metrics_text


@require_safe
@login_not_required
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 while messages go out as they should, 503 when somebody should look."""
    try:
        health = dispatch_health(clock.now())
    except Error:
        return JsonResponse({"status": "red", "database": False}, status=503)
    return JsonResponse(_document(health), status=200 if health.is_healthy else 503)


@require_safe
@login_not_required
@never_cache
@failures_limited("metrics")
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus' text format, for whoever shows METRICS_TOKEN; for others there is no such page."""
    token = settings.METRICS_TOKEN
    if not token or not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        raise Http404
    return HttpResponse(metrics_text(clock.now()), content_type=CONTENT_TYPE_LATEST)


def _document(health: DispatchHealth) -> dict[str, Any]:
    return {
        "status": "green" if health.is_healthy else "red",
        "database": True,
        "beat_age_s": health.age_s(health.beat_at),
        "dispatch_age_s": health.age_s(health.dispatch_at),
        "last_resort_age_s": health.age_s(health.last_resort_at),
        "workers": {name: health.age_s(at) for name, at in health.workers.items()},
        "oldest_unsent_due_s": health.age_s(health.oldest_unsent_due_at) or 0.0,
        "pending": health.pending,
        "sending": health.sending,
    }

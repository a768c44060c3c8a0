"""The two addresses of the smallest site."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from ivig_care.common import clock
from tests.bench.floor.models import Row


@require_GET
def page(request: HttpRequest, number: int) -> HttpResponse:
    """The rows of one list, for whoever has a session."""
    return _rows(request, number) if "person" in request.session else HttpResponseForbidden()


@require_POST
def tick(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """One row is done; the rows again."""
    if "person" not in request.session:
        return HttpResponseForbidden()
    Row.objects.filter(list_number=number, pk=pk).update(done_at=clock.now())
    return _rows(request, number)


def _rows(request: HttpRequest, number: int) -> HttpResponse:
    rows = Row.objects.filter(list_number=number)
    return render(request, "floor.html", {"rows": rows, "person": request.session["person"]})


urlpatterns = [path("<int:number>/", page), path("<int:number>/<int:pk>/", tick)]

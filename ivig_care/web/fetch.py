"""Fetch a thing for the person asking: 404 if they may not know of it, 403 if they may, but not do that."""

from __future__ import annotations

from typing import Protocol, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404

from ivig_care.accounts.models import User
from ivig_care.actions.audit import audit_seen
from ivig_care.care_teams.access import Right, cared_for_by, children_of
from ivig_care.care_teams.models import Child
from ivig_care.common import clock
from ivig_care.web.http import PersonRequest, is_copy

M = TypeVar("M", bound=Model, covariant=True)


class Visible(Protocol[M]):
    """A manager or queryset that can start from the person asking."""

    def visible_to(self, user: User, right: Right = ...) -> QuerySet[M]:
        """The rows that this person has this right to."""
        ...


class _Children:
    """Children, in the form in which `fetch_for` asks for rows."""

    @staticmethod
    def visible_to(user: User, right: Right = Right.SEE) -> QuerySet[Child]:
        """The children with whom this person has this right."""
        return children_of(user, right).select_related("clinic")


class _FamilyChildren:
    """The same, for what concerns a family alone: a clinic that sees the child does not know of it."""

    @staticmethod
    def visible_to(user: User, right: Right = Right.SEE) -> QuerySet[Child]:
        """The children in whose care team this person has this right."""
        return cared_for_by(user, right).select_related("clinic")


CHILDREN = _Children()
FAMILY_CHILDREN = _FamilyChildren()


def fetch_for(user: User, rows: Visible[M], pk: int, *, right: Right = Right.SEE) -> M:
    """The row with this key. Raises Http404, PermissionDenied."""
    found = rows.visible_to(user, right).filter(pk=pk).first()
    if found is not None:
        return found
    if rows.visible_to(user, Right.SEE).filter(pk=pk).exists():
        raise PermissionDenied
    raise Http404


def looked_at(request: PersonRequest, child: Child, about: Model | str, *, did_nothing: bool = False) -> None:
    """Note in the child's log that the person opened a page about this, or that a device keeps a copy of it.

    Sending a form is noted for what it does.

    `did_nothing`: the form did nothing, and the answer to it is the page all the same.
    """
    if request.method == "GET" or did_nothing:
        audit_seen(child=child, about=about, by=request.user, now=clock.now(), is_copy=is_copy(request))

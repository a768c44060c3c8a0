"""Reads of protocols: which versions a plan may be made on."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from ivig_care.care_teams.models import Clinic
from ivig_care.protocols.models import ProtocolVersion


def versions_for(clinic: Clinic) -> QuerySet[ProtocolVersion]:
    """The newest published version of each protocol that is built in or this clinic's own, by name."""
    published = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED)
    newer = published.filter(protocol=OuterRef("protocol"), number__gt=OuterRef("number"))
    open_to_clinic = Q(protocol__clinic__isnull=True) | Q(protocol__clinic=clinic)
    newest = published.filter(open_to_clinic).exclude(Exists(newer))
    return newest.select_related("protocol").order_by("protocol__name", "pk")

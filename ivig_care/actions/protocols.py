"""Writes protocols: built-in ones are loaded from reviewed files, and a published version never changes."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from ivig_care.protocols.models import Protocol, ProtocolVersion

BUILT_IN = Path(__file__).resolve().parent.parent / "protocols" / "data" / "built_in"


def built_in_protocols_load(*, at: datetime) -> list[ProtocolVersion]:
    """Publish every built-in protocol whose file differs from its newest version; the others stay as they are."""
    files = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(BUILT_IN.glob("*.json")))
    return [
        protocol_publish(slug=content["slug"], name=content["name"], document=content["document"], at=at)
        for content in files
    ]


@transaction.atomic
def protocol_publish(*, slug: str, name: str, document: Any, at: datetime) -> ProtocolVersion:
    """The newest version of a built-in protocol with this document, published now if there was none."""
    protocol, _ = Protocol.objects.update_or_create(clinic=None, slug=slug, defaults={"name": name})
    newest = protocol.versions.order_by("-number").first()
    if newest is not None and newest.document == document:
        return newest
    return ProtocolVersion.objects.create(
        protocol=protocol,
        number=1 if newest is None else newest.number + 1,
        status=ProtocolVersion.Status.PUBLISHED,
        document=document,
        published_at=at,
    )

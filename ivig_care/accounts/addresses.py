"""Addresses as others may see them: enough to know which one is meant, too little to write to it."""

from __future__ import annotations

import re

from ivig_care.accounts.models import ContactPoint

_LINK = re.compile(r"https?://\S+")
_ADDRESS = re.compile(r"\S+@\S+|\+\d{6,}")


def masked(point: ContactPoint) -> str:
    """As in "e-mail m…@example.org" or "text message …0141"; a browser has no address to hide."""
    if point.kind == ContactPoint.Kind.PUSH:
        return point.label or "a browser"
    if point.kind == ContactPoint.Kind.EMAIL:
        name, _, host = point.address.rpartition("@")
        return f"e-mail {name[:1]}…@{host}"
    return f"text message …{point.address[-4:]}"


def scrubbed(text: str) -> str:
    """The words of a provider, without the address and the link that may stand in them."""
    return _ADDRESS.sub("(address)", _LINK.sub("(link)", text))

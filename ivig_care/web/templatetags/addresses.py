"""Addresses as others may see them."""

from __future__ import annotations

from django import template

from ivig_care.accounts.addresses import masked, scrubbed

register = template.Library()
register.filter("masked", masked)
register.filter("scrubbed", scrubbed)

"""The only code that talks to the outside. Another provider is one more file, named in a setting."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from django.conf import settings

from ivig_care.nudges.channels.base import Channel

_HERE = "ivig_care.nudges.channels"


def channel_for(kind: str) -> Channel:
    """The channel that is set up for this kind of contact point: one for the whole process, for all its threads."""
    return _channel(_name_of(kind))


def _name_of(kind: str) -> str:
    """The dotted path of the class that is set up."""
    match kind:
        case "email":
            return f"{_HERE}.email.EmailChannel"
        case "sms":
            usual = f"{_HERE}.twilio.TwilioSms" if settings.TWILIO_ACCOUNT_SID else f"{_HERE}.outbox.OutboxSms"
            return settings.SMS_CHANNEL or usual
        case "push":
            return f"{_HERE}.push.WebPush" if settings.VAPID_PRIVATE_KEY else f"{_HERE}.outbox.OutboxPush"
        case _:
            raise LookupError(f"there is no channel for contact points of kind {kind!r}")


@cache
def _channel(name: str) -> Channel:
    # Imported when first used: a process that sends no text messages never loads Twilio's large client.
    module, _, word = name.rpartition(".")
    made: Channel = getattr(import_module(module), word)()
    return made

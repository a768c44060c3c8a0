"""Places in what is written once and kept, which every answer and every row fills with what is its own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from functools import cache
from html import escape

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString

from ivig_care.web.templatetags.queue import FormKeys

# Where a template insists on a number: more than any key of ours, and looked for only in what we wrote ourselves.
NUMBER_SLOT = 8_070_605_040_302_010
_MARK = re.compile(rf"([a-z_.0-9]+-[0-9a-f]{{32}}|{NUMBER_SLOT})")


@cache
def slot(name: str) -> str:
    """A place that is filled as a page goes out: the same in every process, and nobody can write it by hand."""
    return f"{name}-{salted_hmac('ivig_care.slot', name).hexdigest()[:32]}"


# Where the token of a form goes, and the word of its page: every answer puts its own in.
TOKEN_SLOT, WORD_SLOT = slot("token"), slot("word")


def slots(part: str) -> dict[str, object]:
    """What a template gets for its forms when what it writes is kept; `part` tells them from others of the page."""
    return {"csrf_token": TOKEN_SLOT, "form_keys": FormKeys(word=WORD_SLOT, part=part)}


def slots_filled(html: str, request: HttpRequest) -> SafeString:
    """What was written, with a token and a word of this answer's own in its forms."""
    html = html.replace(TOKEN_SLOT, get_token(request)).replace(WORD_SLOT, secrets.token_urlsafe(15))
    return SafeString(html)


class Slotted:
    """What a template wrote around slots: taken apart once, so that no word filled in is taken for a slot itself."""

    def __init__(self, html: str) -> None:
        self._pieces = _MARK.split(html)

    def filled(self, words: Mapping[str, str]) -> SafeString:
        """With these words in the slots of these names, and those slots left that are not named."""
        said = {name: escape(value) for name, value in words.items()}
        return SafeString("".join([said.get(piece, piece) for piece in self._pieces]))

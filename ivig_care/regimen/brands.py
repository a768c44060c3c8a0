"""Names of products as people read them off a label: which product of a list may be meant."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")


def may_be(label: str, name: str) -> bool:
    """Whether a label may be that of the product of this name: "octagam 10%" and "Octagam" may be "Octagam 10 %".

    The same first word, and no word on either side that contradicts: "Octagam 5 %" is not "Octagam 10 %".
    """
    said, known = _WORD.findall(label.casefold()), _WORD.findall(name.casefold())
    if not said or not known or said[0] != known[0]:
        return False
    return set(said) <= set(known) or set(known) <= set(said)

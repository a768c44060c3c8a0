"""What a text that comes back means. Never a guess: what is not plain is unclear, and somebody asks back."""

from __future__ import annotations

import re
import unicodedata

from ivig_care.nudges.models import InboundMessage

Understood = InboundMessage.Understood


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# To these, sent alone, the phone provider sends an answer of its own.
_STOP_WORDS = _words("stop stopall unsubscribe cancel end quit revoke optout unsub")
_STOP_SAYINGS = ("stop it", "stop this", "stop these", "stop all", "stop everything", "i want to stop", "opt out")
_START_WORDS = _words("start unstop yes resume subscribe resubscribe")
_HELP_WORDS = _words("help info")
_HELP_SAYINGS = ("need help", "i need help", "can you help")

# Said beside a command without changing it.
_COURTESY = _words("please pls plz thanks thank you thx ty ok okay hi hello hey sorry now me us")
# Said beside an answer without changing it.
_AROUND = _COURTESY | _words(
    "yes yep yeah it it's its the them they they're all both that that's this i i'm i've we we're we've is are was were"
    " have has been just already meds medicine medicines"
)

_MEANINGS = {
    **dict.fromkeys(_words("1 done gave given did took taken finished completed ✓ ✔ ✅ ☑ 👍 👌"), Understood.DONE),
    **dict.fromkeys(["2", "skip", "skipped", "skipping"], Understood.SKIP),
    **dict.fromkeys(["3", "later", "snooze"], Understood.LATER),
}
_NUMBERS = {"one": "1", "two": "2", "three": "3"}
_LATER = re.compile(
    r"\b(?:in a (?:bit|little|moment|minute|few minutes|while|little while)|(?:remind|ask) (?:me|us) (?:again|later))\b"
)

_FILLERS = r"(?:(?:with|all|any|of|the|these|those|this|your|my|more|me|us|sending|getting|to)\s+){0,4}"
_MESSAGES = r"(?:texts?|texting|messages?|messaging|reminders?|reminding|sms|sending|contacting|notifications?|nudges?)"
_NO = r"(?:don't|dont|do not|does not|doesn't|never|not|won't|wont|cannot|can't|cant|no)"
_STOP = re.compile(
    rf"\b(?:stop|quit|cease|end|cancel|no more)\s+{_FILLERS}{_MESSAGES}\b"
    r"|\bunsubscribe\b|\bopt(?:ing)? (?:me )?out\b|\bremove (?:me|my number)\b|\btake (?:me|my number) off\b"
    r"|\bleave (?:me|us) alone\b|\b(?:don't|dont|do not|never) (?:text|message|remind|contact|write to) (?:me|us)\b"
    rf"|\b(?:don't|dont|do not|never) send (?:me |us )?(?:any )?(?:more )?(?:of )?(?:these |those )?{_MESSAGES}\b"
    rf"|\b(?:turn|switch) off (?:the |these |my |all )?{_MESSAGES}\b"
    rf"|\b(?:turn|switch) (?:the |these |my |all )?{_MESSAGES} off\b"
)
# One of them, or for a time: not all of them, for good.
_NOT_ALL = re.compile(rf"\b(?:a|one|this|that|my|the) {_MESSAGES} (?:for|at|of|about|today|tonight|tomorrow)\b")
_START = re.compile(
    rf"\b(?:start|resume|restart|begin)\s+{_FILLERS}(?:again|{_MESSAGES})\b|\bopt (?:me )?(?:back )?in\b"
    r"|\b(?:turn|switch) (?:(?:it|them|this|texts|messages|reminders) )?(?:back )?on(?: again)?\b"
)
_REFUSED = re.compile(
    rf"\b{_NO}\s+(?:\w+\s+)?(?:stop|quit|cease|end|cancel|unsubscribe|start|resume|opt|turn|switch)\b"
)
_LONGEST = 160


def understand(text: str) -> Understood:
    """What the text means, if it means one thing."""
    said = _plain(text)
    command = _command(said)
    if command is not None:
        return command
    # A question is no answer, and nobody needs a story to say one of three things.
    if "?" in unicodedata.normalize("NFKC", text) or len(said) > _LONGEST:
        return Understood.UNCLEAR
    return _answer(said)


def option_named(text: str, *, steps: int) -> Understood:
    """What "1 done", "2 skip" or "3 later" means, written as our messages offer it, of so many steps.

    Unclear when the number might count steps instead: "2 skip" of three may mean two of them.
    """
    match _plain(text).split():
        case [("1" | "2" | "3") as number, word] if not word.isdecimal():
            meanings = {_MEANINGS.get(said, Understood.UNCLEAR) for said in (number, word)}
            is_count = int(number) < steps
            return Understood.UNCLEAR if is_count or len(meanings) > 1 else meanings.pop()
    return Understood.UNCLEAR


def is_stop_word(text: str) -> bool:
    """Whether the text is one of the words that the provider acts on, and answers, by itself."""
    return _plain(text) in _STOP_WORDS


def _plain(text: str) -> str:
    """Lower case, digits of every script and in boxes as plain ones, no punctuation, one space between words."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join("".join(_plain_sign(sign) for sign in folded).split())


def _plain_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    if sign.isalnum() or sign in "'✓✔✅☑👍👌":
        return sign
    # What only changes the sign before it (the box of a keycap, the colour of a thumb) goes; the rest parts words.
    return "" if unicodedata.category(sign) in ("Mn", "Me", "Cf", "Sk") else " "


def _command(said: str) -> Understood | None:
    """STOP, START or HELP; UNCLEAR when it is two of them, or one that is denied; None when it is none."""
    bare = " ".join(word for word in said.split() if word not in _COURTESY)
    is_stop = bare in _STOP_WORDS or bare in _STOP_SAYINGS or bool(_STOP.search(said) and not _NOT_ALL.search(said))
    is_start = bare in _START_WORDS or bare == "start again" or bool(_START.search(said))
    is_help = bare in _HELP_WORDS or bare in _HELP_SAYINGS
    meant = [
        word
        for word, is_meant in ((Understood.STOP, is_stop), (Understood.START, is_start), (Understood.HELP, is_help))
        if is_meant
    ]
    if not meant:
        return None
    is_both = len(meant) > 1 or (is_start and "stop" in said.split())
    return Understood.UNCLEAR if is_both or _REFUSED.search(said) else meant[0]


def _answer(said: str) -> Understood:
    """DONE, SKIP or LATER when every word that counts says so."""
    words = [word for word in _LATER.sub("later", said).split() if word not in _AROUND]
    # "one done" may mean that one of several is done: a number answers only by itself.
    if len(words) == 1:
        words = [_NUMBERS.get(words[0], words[0])]
    elif any(word.isdecimal() for word in words):
        return Understood.UNCLEAR
    meanings = {_MEANINGS.get(word, Understood.UNCLEAR) for word in words}
    return meanings.pop() if len(meanings) == 1 else Understood.UNCLEAR

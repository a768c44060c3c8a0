"""What the log says, in the language of whoever reads it; what is kept in it is in the one that we write in."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.care_teams.models import AuditEvent
from ivig_care.common.spoken import translated
from ivig_care.nudges.models import Delivery

Verb = AuditEvent.Verb
Status = Delivery.Status
Purpose = Delivery.Purpose
SENT = "sent"
# What can be asked for, each with its words and the verbs that it covers; what was sent has none.
KINDS: dict[str, tuple[str | Promise, tuple[Verb, ...]]] = {
    "looked": (gettext_lazy("looked at something"), (Verb.SAW, Verb.KEPT)),
    "recorded": (gettext_lazy("recorded or changed something"), (Verb.RECORDED, Verb.CHANGED)),
    "shared": (gettext_lazy("shared, or ended that"), (Verb.SHARED, Verb.ENDED)),
    "agreed": (gettext_lazy("agreed, or withdrew that"), (Verb.AGREED, Verb.WITHDREW)),
    "signed": (gettext_lazy("signed"), (Verb.SIGNED,)),
    "exported": (gettext_lazy("took out or erased"), (Verb.EXPORTED, Verb.ERASED)),
    "signed_in": (gettext_lazy("signed in"), (Verb.SIGNED_IN,)),
    SENT: (gettext_lazy("was sent a message"), ()),
}

_THINGS = {
    "account": gettext_lazy("the account"),
    "child": gettext_lazy("the child’s pages"),
    "clinic": gettext_lazy("the clinic"),
    "clinic link": gettext_lazy("a clinic’s access"),
    "cliniclink": gettext_lazy("a clinic’s access"),
    "concern": gettext_lazy("a concern"),
    "contactpoint": gettext_lazy("a way to be reached"),
    "cup": gettext_lazy("a cup"),
    "diary": gettext_lazy("the diary"),
    "dose": gettext_lazy("a dose"),
    "duty": gettext_lazy("who is on duty"),
    "erasure": gettext_lazy("the erasing of the record"),
    "export": gettext_lazy("the page for taking out the record"),
    "fluidentry": gettext_lazy("a drink"),
    "guestlink": gettext_lazy("a guest link"),
    "infusion": gettext_lazy("the checklist"),
    "infusionday": gettext_lazy("an infusion day"),
    "invitation": gettext_lazy("an invitation"),
    "links": gettext_lazy("the links in earlier messages"),
    "log": gettext_lazy("the log"),
    "membership": gettext_lazy("a place in the team"),
    "messages": gettext_lazy("the messages"),
    "plan": gettext_lazy("the plan"),
    "quiet hours": gettext_lazy("the quiet hours"),
    "record": gettext_lazy("the whole record"),
    "review": gettext_lazy("the review"),
    "second factor": gettext_lazy("the second factor"),
    "session": gettext_lazy("a session"),
    "step": gettext_lazy("a step"),
    "symptomreport": gettext_lazy("how the child is"),
    "user": gettext_lazy("a place in the team"),
}
# Where verb and thing alone would not say it as somebody would.
_SENTENCES = {
    ("saw", "guestlink"): gettext_lazy("looked at the page for guests"),
    ("changed", "child"): gettext_lazy("began the record"),
    ("agreed", "cliniclink"): gettext_lazy("agreed"),
    ("withdrew", "cliniclink"): gettext_lazy("withdrew that"),
    ("agreed", "contactpoint"): gettext_lazy("agreed to reminders"),
    ("withdrew", "contactpoint"): gettext_lazy("ended reminders"),
    ("agreed", "guestlink"): gettext_lazy("opened a guest link"),
    ("shared", "guestlink"): gettext_lazy("made a guest link"),
    ("ended", "guestlink"): gettext_lazy("took a guest link back"),
    ("agreed", "invitation"): gettext_lazy("came in"),
    ("shared", "invitation"): gettext_lazy("invited somebody"),
    ("ended", "invitation"): gettext_lazy("took an invitation back"),
    ("shared", "user"): gettext_lazy("gave a place in the team"),
    ("ended", "user"): gettext_lazy("ended a place in the team"),
    ("ended", "session"): gettext_lazy("signed out"),
    ("shared", "membership"): gettext_lazy("gave a place in the team"),
    ("changed", "membership"): gettext_lazy("chose when to be told"),
    ("changed", "duty"): gettext_lazy("said who is on duty"),
    ("changed", "erasure"): gettext_lazy("asked to have the record erased"),
    ("agreed", "erasure"): gettext_lazy("agreed to have the record erased"),
    ("withdrew", "erasure"): gettext_lazy("took back that the record is erased"),
    ("exported", "record"): gettext_lazy("took out the whole record"),
    ("erased", "record"): gettext_lazy("erased the record"),
    ("erased", "account"): gettext_lazy("closed the account"),
}
# What is said of these stands before the thing: "ticked" Acetaminophen.
_SPOKEN_OF = frozenset({"step", "infusionday", "infusion", "plan", "review", "contactpoint", "concern", "cup", "dose"})
_SPOKEN_OF |= {"fluidentry", "symptomreport"}
# Each of those with its thing.
_SAID_OF = {
    "activated": gettext_lazy("activated %(thing)s"),
    "added to": gettext_lazy("added to %(thing)s"),
    "answered": gettext_lazy("answered %(thing)s"),
    "began": gettext_lazy("began %(thing)s"),
    "cancelled": gettext_lazy("cancelled %(thing)s"),
    "moved": gettext_lazy("moved %(thing)s"),
    "proved": gettext_lazy("proved %(thing)s"),
    "put off": gettext_lazy("put off %(thing)s"),
    "raised": gettext_lazy("raised %(thing)s"),
    "said the end of": gettext_lazy("said the end of %(thing)s"),
    "said the start of": gettext_lazy("said the start of %(thing)s"),
    "skipped": gettext_lazy("skipped %(thing)s"),
    "ticked": gettext_lazy("ticked %(thing)s"),
    "took back": gettext_lazy("took back %(thing)s"),
    "took back the end of": gettext_lazy("took back the end of %(thing)s"),
    "took back the start of": gettext_lazy("took back the start of %(thing)s"),
    "wrote": gettext_lazy("wrote %(thing)s"),
    "wrote a note on": gettext_lazy("wrote a note on %(thing)s"),
}
_DONE_TO = {
    Verb.SAW: gettext_lazy("looked at %(thing)s"),
    Verb.KEPT: gettext_lazy("kept a copy of %(thing)s on a device"),
    Verb.RECORDED: gettext_lazy("recorded %(thing)s"),
    Verb.CHANGED: gettext_lazy("changed %(thing)s"),
    Verb.SHARED: gettext_lazy("shared %(thing)s"),
    Verb.ENDED: gettext_lazy("ended %(thing)s"),
    Verb.AGREED: gettext_lazy("agreed to %(thing)s"),
    Verb.WITHDREW: gettext_lazy("withdrew %(thing)s"),
    Verb.SIGNED: gettext_lazy("signed %(thing)s"),
    Verb.EXPORTED: gettext_lazy("took out %(thing)s"),
    Verb.SIGNED_IN: gettext_lazy("signed in"),
    Verb.ERASED: gettext_lazy("erased %(thing)s"),
}


def kind_of(verb: str) -> str:
    """What a verb counts as."""
    return next(kind for kind, (_words, verbs) in KINDS.items() if verb in verbs)


def reader_words() -> str:
    """Who did it, said to that very person, before what they did."""
    return pgettext("who did it, in a log", "You")


def day_words(number: int) -> str:
    """What a day of an infusion is called."""
    return _("day %(number)s") % {"number": number}


def role_words(kept: str) -> str:
    """What somebody was, as in "clinician of Riverside Clinic"."""
    role, of, place = kept.partition(" of ")
    return _("%(role)s of %(place)s") % {"role": translated(role), "place": place} if of else translated(kept)


def done_words(event: AuditEvent, names: Mapping[tuple[str, int | None], str]) -> str:
    """What was done, after who did it."""
    thing = names.get((event.about, event.about_id)) or str(_THINGS.get(event.about, event.about))
    if event.verb in (Verb.RECORDED, Verb.CHANGED) and event.about in _SPOKEN_OF and event.detail:
        said, *how = event.detail.split(", ")
        if (event.about, said) == ("infusion", "cancelled"):
            thing = _("the infusion")
        pattern = _SAID_OF.get(said)
        words = f"{said} {thing}" if pattern is None else pattern % {"thing": thing}
        return ", ".join([words, *map(translated, how)])
    found = _SENTENCES.get((event.verb, event.about))
    words = str(_DONE_TO[Verb(event.verb)] % {"thing": thing} if found is None else found)
    detail = ", ".join(map(translated, event.detail.split(", "))) if event.detail else ""
    return f"{words}: {detail}" if detail else words


# --- what was sent ------------------------------------------------------------------------------

_SENT_WORDS = {
    Purpose.NUDGE: gettext_lazy("A reminder"),
    Purpose.CLINIC: gettext_lazy("Word of what nobody answered"),
    Purpose.CONCERN: gettext_lazy("Word to the clinic of something to answer"),
    Purpose.URGENT: gettext_lazy("Word to the clinic of something urgent"),
    Purpose.MOVED: gettext_lazy("Word that the infusion moved"),
    Purpose.CANCELLED: gettext_lazy("Word that the infusion was cancelled"),
}
_WAYS = {
    ContactPoint.Kind.EMAIL: gettext_lazy("by e-mail"),
    ContactPoint.Kind.SMS: gettext_lazy("by text message"),
    ContactPoint.Kind.PUSH: gettext_lazy("as a notification"),
}


def message_words(purpose: str) -> str:
    """What kind of message it was."""
    return str(_SENT_WORDS.get(Purpose(purpose), _("A message")))


def sent_words(one: Delivery, reader: User | None) -> str:
    """To whom it went, and how; after what kind of message it was."""
    to = pgettext("to whom a message went", "you") if reader and one.person_id == reader.pk else str(one.person)
    words = _("went to %(to)s") if one.status == Status.SENT else _("could not be sent to %(to)s")
    way = f" {_WAYS[ContactPoint.Kind(one.kind)]}" if one.kind else ""
    return f"{words % {'to': to}}{way}"

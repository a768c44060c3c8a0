"""Messages in Spanish: in the language of whoever gets them, and each text in one segment, at its longest."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import product

import pytest
from django.conf import LazySettings
from django.utils import translation

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.actions import replies
from ivig_care.actions.replies import reply_take
from ivig_care.common import spoken
from ivig_care.nudges.channels.base import Message
from ivig_care.nudges.channels.gsm7 import segments
from ivig_care.nudges.messages import message_for
from ivig_care.nudges.models import Delivery, InboundMessage
from ivig_care.nudges.outgoing import outgoing_one
from ivig_care.nudges.prospects import OpenStep, Prospect, prospects_of
from ivig_care.nudges.replies import is_spanish, understand
from ivig_care.nudges.words import Ahead, Course
from ivig_care.regimen import fluids
from ivig_care.regimen.nudging import Send, Urgency
from tests.actors import People
from tests.nudges.test_messages import MINUTE, NOW, delivery_to, step

Understood = InboundMessage.Understood
# A Wednesday in December: no name of a day or month is longer, and with two digits of the hour.
LATE = datetime.fromisoformat("2026-12-30T20:45:00+00:00")
ENGLISH_WORDS = re.compile(r"\b(?:the|is|are|your|step|steps|due|open|reminder|you|and|this)\b", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _a_real_address(settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://care.example.org"


def written(
    delivery: Delivery,
    *steps: OpenStep,
    ahead: Ahead | None = None,
    about: Course | None = None,
    is_again: bool = False,
) -> Message:
    """The message as it leaves, in Spanish."""
    prospect = Prospect(
        delivery=outgoing_one(delivery),
        steps=steps,
        ahead=ahead,
        about=about,
        is_again=is_again,
        decision=Send(),
        language="es",
    )
    return message_for(prospect, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["email", "sms", "push"])
@pytest.mark.parametrize("purpose", Delivery.Purpose.values)
def test_no_message_has_a_word_of_english_and_every_text_is_one_segment(
    people: People, kind: str, purpose: str
) -> None:
    delivery = delivery_to(people, kind, purpose=purpose, is_possible_repeat=True, owed_at=NOW - 60 * MINUTE)
    is_about_steps = purpose in ("nudge", "clinic")
    ahead = Ahead(is_today=False, count=88, first="10:45 am") if purpose == "nudge" else None
    for urgency, has_begun in product(Urgency, (False, True)):
        steps = [step(-60 * 24 * 6, urgency) for _ in range(88)] + [step(-30, Urgency.SOON) for _ in range(88)]
        about = Course(child=1, has_begun=has_begun, starts=LATE)
        spoken_of = steps if is_about_steps else ()
        message = written(delivery, *spoken_of, ahead=ahead, about=about, is_again=has_begun)
        text = f"{message.subject} {message.text} {re.sub(r'<[^>]*>', ' ', message.html)}".replace(message.url, "")
        assert ENGLISH_WORDS.findall(text) == []
        assert kind != "sms" or segments(message.text) == 1, message.text


@pytest.mark.django_db
def test_the_words_as_they_arrive(people: People) -> None:
    message = written(delivery_to(people, "sms"), step(-600, Urgency.OVERDUE), step(0, Urgency.DUE))
    assert message.text.startswith(
        "ivig_care: 1 paso atrasado desde: dom 10:30 pm, y 1 mas. 1 hecho 2 omitir 3 luego https://"
    )


@pytest.mark.django_db
def test_a_message_is_in_the_language_of_its_person_and_not_of_whoever_sends_it(people: People) -> None:
    User.objects.filter(pk=people.maria.pk).update(language="es")
    to_maria = outgoing_one(delivery_to(people, "sms", purpose="test"))
    to_sam = outgoing_one(delivery_to(people, "sms", purpose="test", person=people.sam, occasion="b"))
    with translation.override("es"):
        said = [message_for(one, now=NOW).text for one in prospects_of([to_maria, to_sam], now=NOW)]
    assert [text.split()[1] for text in said] == ["Esta", "This"]


ANSWERS = {
    Understood.DONE: (
        *("hecho", "Ya está hecho", "listo", "Ya se lo di", "ya le dimos la medicina", "uno", "sí, ya lo tomó"),
    ),
    Understood.SKIP: ("omitir", "omitido", "dos", "saltar, por favor"),
    Understood.LATER: ("luego", "después", "más tarde", "al rato", "recuérdame más tarde", "tres", "en un ratito"),
    Understood.STOP: (
        *("PARAR", "Alto", "alto por favor", "ya no más", "no me manden mensajes", "No quiero más mensajes", "baja"),
        *("quiero darme de baja", "dejen de escribirme", "ya no me envíen recordatorios", "cancelar los mensajes"),
        *("para los mensajes por favor", "Deja de mandarme mensajes"),
    ),
    Understood.START: ("iniciar", "Empezar", "activar los mensajes", "reanudar recordatorios"),
    Understood.HELP: ("AYUDA", "ayuda por favor", "necesito ayuda"),
    Understood.UNCLEAR: (
        *("no", "no pares", "no quiero parar", "no lo tomó", "ya no", "¿hecho?", "hecho luego", "todavía no"),
        *("no cancelen los mensajes", "no me manden mensajes hoy", "gracias por los recordatorios", "sí"),
        *("lo hago luego", "no está hecho", "ahorita", "un mensaje para mañana", "vomitó la medicina", "dos hechos"),
        "gracias para los recordatorios",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("meaning", "said"), [(meaning, said) for meaning in ANSWERS for said in ANSWERS[meaning]])
def test_what_comes_back_in_spanish_is_understood(meaning: InboundMessage.Understood, said: str) -> None:
    assert understand(said) == meaning
    assert understand(said.upper()) == meaning


@pytest.mark.parametrize("said", ["AYUDA", "Parar", "ya se lo di", "hecho", "más tarde", "alto"])
def test_spanish_is_known_by_its_words(said: str) -> None:
    assert is_spanish(said)


@pytest.mark.parametrize("said", ["STOP", "1", "done", "later", "help", "no", "gave it", "info", "para"])
def test_what_may_be_another_language_is_not_taken_for_spanish(said: str) -> None:
    assert not is_spanish(said)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chosen", "said", "answer"),
    [
        ("es", "HELP", "recordatorios que pediste"),
        ("es", "parar", "apagados"),
        ("es", "que?", "no se entendio"),
        ("en", "ayuda", "reminders you asked for"),
        ("", "ayuda", "recordatorios que pediste"),
        ("", "help", "reminders you asked for"),
    ],
)
def test_an_answer_is_in_the_language_of_whose_number_it_is(
    people: People, chosen: str, said: str, answer: str
) -> None:
    User.objects.filter(pk=people.maria.pk).update(language=chosen)
    number = ContactPoint.objects.get(user=people.maria, kind="sms").address
    kept = reply_take(provider_id="1", sender=number, body=said, now=NOW)
    assert answer in kept.answer
    assert segments(kept.answer) == 1


@pytest.mark.django_db
def test_a_stranger_is_answered_in_the_language_they_write_in(db: None) -> None:
    kept = reply_take(provider_id="1", sender="+15550000000", body="hola, ya está hecho", now=NOW)
    assert kept.answer.startswith("ivig_care: este numero no esta registrado")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_answer_fits_one_segment_with_its_link(language: str) -> None:
    link = "https://care.example.org/n/" + "x" * 28 + "/"
    with translation.override(language):
        linked = [words for name, words in vars(replies).items() if name.isupper() and name.startswith("_") and words]
        texts = [replies._with_link(words, link) for words in linked if str(words) != "es"]
    assert [text for text in texts if segments(text) != 1] == []


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-06-17T00:05", "mié 12:05 am"),
        ("2026-06-20T12:00", "sáb 12:00 pm"),
        ("2026-06-16T23:59", "mar 11:59 pm"),
    ],
)
def test_times_are_said_in_spanish(at: str, said: str) -> None:
    local = datetime.fromisoformat(at)
    with translation.override("es"):
        assert spoken.day_clock(local) == said
        assert spoken.date_clock(local) == f"{said[:3]} {local.day} de jun, {said[4:]}"
        assert spoken.full_day(local) == f"{said[:3]} {local.day} de jun de 2026"


def test_what_is_kept_in_english_is_said_in_spanish_and_what_somebody_wrote_stays() -> None:
    kept = "Wheezing: moderate, 3 of 10; Fever: severe (said before); 38.4 °C, under the arm; “It is severe.”"
    with translation.override("es"):
        said = spoken.translated_pieces(kept)
        assert spoken.translated("Did Tylenol help? Look again") == "¿Ayudó Tylenol? Mira otra vez"
        assert spoken.translated("vomited") == "vomitó"
        assert spoken.translated("Give with a blue spoon") == "Give with a blue spoon"
    assert said.startswith("Silbido al respirar: moderado, 3 de 10; Fiebre: grave (dicho antes)")
    assert said.endswith("; 38.4 °C, en la axila; “It is severe.”")
    assert spoken.translated_pieces(kept) == kept


# What an action keeps of a concern, in the language of the record, and what may be left of it in another language.
KEPT = {
    "Headache: severe, 7 of 10 (said before)": "",
    "Before day 1: The child is not well, or has a new medicine. tos y mocos": "",
    "Before day 12: The weight is not the one any more that the plan was made for. 47 lb (21.3 kg); ayer": "",
    "Before day 1: They do not know when and where it starts.": "",
    "Before day 1: Not all medicines are at home.": "",
    "Before day 1: The bag is not packed.": "",
    "The plan says at most 48 mL/h (2.4 mL/kg/h). Running: 62 mL/h (3.1 mL/kg/h). Ask the nurse.": "",
    "It has 50 mg in each mL, and the plan is for 100. So the mL and the rates here do not fit."
    " Ask the nurse at once.": "",
    "The plan says Octagam 10 %. The bottle says Privigen. Ask the nurse.": "",
    "Lot P1: the date on the label has gone by. Ask the nurse.": "",
    "Fever; 38.4 °C, way of measuring unknown; “it is the nurse”": "it is the nurse",
}
ENGLISH_LEFT = re.compile(r"\b(?:the|is|of|and|are|at|day|not|before|said|nurse|way)\b", re.IGNORECASE)


@pytest.mark.parametrize("kept", KEPT)
def test_no_kept_line_of_several_pieces_stays_half_english(kept: str) -> None:
    with translation.override("es"):
        said = spoken.translated_pieces(kept)
    assert ENGLISH_LEFT.findall(said.replace(KEPT[kept], "") if KEPT[kept] else said) == []


def test_the_regimen_speaks_spanish_where_it_answers() -> None:
    with translation.override("es"):
        assert fluids.suppressed(frozenset({"heart disease"}), is_limited=False).startswith("Tu hijo o hija tiene una")
    assert fluids.suppressed(frozenset({"heart disease"}), is_limited=False).startswith("Your child has heart disease")

"""What a text that comes back means, in English or Spanish. Never a guess: what is not plain is unclear, and somebody
asks back. Letters are read without their accents, for many phones write none.
"""

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
# The provider knows none of these: we answer them.
_STOP_SPANISH = (
    *("alto", "parar", "para", "pare", "paren", "basta", "detener", "cancelar", "baja", "no mas", "ya no mas"),
    *("dar de baja", "darme de baja", "quiero darme de baja", "quiero parar", "denme de baja", "dame de baja"),
)
_START_SPANISH = ("iniciar", "inicio", "empezar", "comenzar", "reanudar", "activar", "empezar otra vez")
_HELP_SPANISH = ("ayuda", "ayudenme", "ayudame", "informacion", "necesito ayuda", "necesito informacion")

# Said beside a command without changing it.
_COURTESY = _words(
    "please pls plz thanks thank you thx ty ok okay hi hello hey sorry now me us"
    " por favor porfavor porfa gracias muchas hola disculpe disculpa perdon ahora bueno"
)
# Said beside an answer without changing it.
_AROUND = _COURTESY | _words(
    "yes yep yeah it it's its the them they they're all both that that's this i i'm i've we we're we've is are was were"
    " have has been just already meds medicine medicines"
    " si ya se lo los la las le les el ella esta estan este fue fueron eso esto todo toda todos todas ambos ambas he ha"
    " hemos han recien acabo acabamos de medicina medicinas medicamento medicamentos"
)

_MEANINGS = {
    **dict.fromkeys(_words("1 done gave given did took taken finished completed ✓ ✔ ✅ ☑ 👍 👌"), Understood.DONE),
    **dict.fromkeys(
        _words("hecho hecha hechos hechas listo lista listos listas dado dada dados dadas"), Understood.DONE
    ),
    **dict.fromkeys(_words("di dimos hice hicimos tomo tomado tomada termine terminado terminada"), Understood.DONE),
    **dict.fromkeys(["2", "skip", "skipped", "skipping"], Understood.SKIP),
    **dict.fromkeys(
        _words("omitir omito omitido omitida omitimos omitelo saltar salto saltado saltada"), Understood.SKIP
    ),
    **dict.fromkeys(["3", "later", "snooze", "luego", "despues"], Understood.LATER),
}
_NUMBERS = {"one": "1", "two": "2", "three": "3", "uno": "1", "dos": "2", "tres": "3"}
_LATER = re.compile(
    r"\b(?:in a (?:bit|little|moment|minute|few minutes|while|little while)|(?:remind|ask) (?:me|us) (?:again|later)"
    r"|mas tarde|al rato|en un (?:rato|ratito|momento|momentito|minuto)|en unos minutos"
    r"|recuerda(?:me|nos) (?:luego|despues|mas tarde|otra vez|de nuevo))\b"
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
_MESSAGES_SPANISH = r"(?:mensajes?|mensajitos?|textos?|recordatorios?|notificaciones|avisos?|sms)"
_TO_US_SPANISH = r"(?:manden|mandes|mande|envien|envies|envie|escriban|escribas|escriba|recuerden|recuerdes)"
_STOP_IN_SPANISH = re.compile(
    rf"(?:\b(?:parar|pare|paren|deten|detener|cancela|cancelar|quita|quitar|no mas)|^(?:por favor )?para)"
    rf"\s+(?:(?:con|todos?|los|estos|esos|mis|de|recibir|enviar|mandar|mandarme|enviarme)\s+){{0,4}}{_MESSAGES_SPANISH}\b"
    rf"|\b(?:deja|deje|dejen) de (?:mandar|enviar|escribir|recordar)(?:me|nos)?\b"
    rf"|\b(?:ya )?no (?:me|nos) {_TO_US_SPANISH}\b|\bno quiero (?:recibir )?(?:mas )?{_MESSAGES_SPANISH}\b"
    r"|\b(?:dar|dar(?:me|nos)|de(?:me|nos|nme|nnos)|da(?:me|nos)) de baja\b|\bborr(?:a|e|en) mi numero\b"
)
_NOT_ALL_SPANISH = re.compile(
    rf"\b(?:un|este|ese|mi|el) {_MESSAGES_SPANISH} (?:de|para|sobre|por|hoy|manana)\b|\b(?:hoy|manana|esta noche)\b"
)
_START_IN_SPANISH = re.compile(
    rf"\b(?:inicia|iniciar|empieza|empezar|reanuda|reanudar|activa|activar|reactiva|reactivar)\s+"
    rf"(?:(?:con|otra|vez|todos?|los|estos|mis|de|nuevo)\s+){{0,4}}{_MESSAGES_SPANISH}\b"
)
_REFUSED_SPANISH = re.compile(
    r"\b(?:no|nunca)\s+(?:(?:me|nos|los|quiero|queremos|voy a)\s+){0,2}"
    r"(?:parar|pares?|paren|detener|detengan?|cancela|cancelar|canceles|cancelen|iniciar?|empezar|reanudar|activar)\b"
)
# Words that are said in Spanish alone.
_ONLY_SPANISH = re.compile(
    r"\b(?:alto|parar|pare|paren|basta|detener|cancelar|baja|iniciar|inicio|empezar|comenzar|reanudar|activar|ayuda|ayudame"
    r"|ayudenme|informacion|hech[oa]s?|list[oa]s?|dad[oa]s?|dimos|hicimos|tomad[oa]|terminad[oa]|omitir|omitid[oa]|luego"
    r"|despues|mas tarde|al rato|gracias|hola|por favor|mensajes?|recordatorios?|medicina|se l[oa]s? di|uno|dos|tres)\b"
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


def is_spanish(text: str) -> bool:
    """Whether the text is one that is written in Spanish alone: somebody whose language we do not know wrote it."""
    return bool(_ONLY_SPANISH.search(_plain(text)))


def is_stop_word(text: str) -> bool:
    """Whether the text is one of the words that the provider acts on, and answers, by itself."""
    return _plain(text) in _STOP_WORDS


def _plain(text: str) -> str:
    """Lower case, no accents, digits of every script and in boxes as plain ones, no punctuation, one space between."""
    folded = unicodedata.normalize("NFKD", text).casefold().replace("’", "'")
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
    is_stop = bare in _STOP_WORDS or bare in _STOP_SAYINGS or bare in _STOP_SPANISH or _is_stop_saying(said)
    is_start = bare in _START_WORDS or bare in _START_SPANISH or bare == "start again" or bool(_START.search(said))
    is_start = is_start or bool(_START_IN_SPANISH.search(said))
    is_help = bare in _HELP_WORDS or bare in _HELP_SAYINGS or bare in _HELP_SPANISH
    meant = [
        word
        for word, is_meant in ((Understood.STOP, is_stop), (Understood.START, is_start), (Understood.HELP, is_help))
        if is_meant
    ]
    if not meant:
        return None
    is_both = len(meant) > 1 or (is_start and "stop" in said.split())
    is_refused = bool(_REFUSED.search(said) or _REFUSED_SPANISH.search(said))
    return Understood.UNCLEAR if is_both or is_refused else meant[0]


def _is_stop_saying(said: str) -> bool:
    """Whether a sentence asks for all messages to end."""
    is_english = bool(_STOP.search(said) and not _NOT_ALL.search(said))
    return is_english or bool(_STOP_IN_SPANISH.search(said) and not _NOT_ALL_SPANISH.search(said))


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

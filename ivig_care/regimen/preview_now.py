"""The JSON of what the regimen answers at one instant: the part `now` of a preview."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ivig_care.regimen.dated import Schedule
from ivig_care.regimen.documents import decode, encode
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.json_values import Json, as_object, times
from ivig_care.regimen.ledger import Answer
from ivig_care.regimen.medicines import AmbiguousMedicine
from ivig_care.regimen.now import Question, answer_for, answers_as_needed, estimate_for, fluids_for, triage_for
from ivig_care.regimen.protocol import Protocol
from ivig_care.regimen.triage import Triaged


def answers(document: Json, protocol: Protocol, schedule: Schedule, facts: InfusionFacts) -> dict[str, Json]:
    """The answers to the question that the document holds. Raises DocumentError naming the place."""
    question = decode(Question, document, "now", facts.zone)
    _check(question)
    at, zone = question.at, facts.zone
    return {
        "at": times(at, zone),
        "doses": [
            {"medicine": asked.medicine, **_answer(_asked(number, question, protocol, schedule, facts), zone)}
            for number, asked in enumerate(question.asked)
        ],
        "as_needed": [
            {"rule": one.rule, "purpose": one.purpose, **_answer(answer, zone)}
            for one, answer in answers_as_needed(protocol, schedule, facts, at)
        ],
        "fluids": [
            {"slot": window.slot, **as_object(encode(progress))}
            for window, progress in fluids_for(question, schedule, facts)
        ],
        "estimate": encode(estimate_for(question, facts)),
        "triage": _triaged(triage_for(question, protocol, schedule, facts)),
    }


def _check(question: Question) -> None:
    """What was said cannot lie after the moment of the question."""
    for number, said in enumerate(question.symptoms):
        if any(at is not None and at > question.at for at in (said.since, said.settled_at)):
            raise DocumentError(f"now.symptoms[{number}]", "lies after the time of the question")
    times_of = {
        "temperatures": [one.at for one in question.temperatures],
        "taken": [one.at for one in question.taken],
    }
    for name, instants in times_of.items():
        for number, at in enumerate(instants):
            if at > question.at:
                raise DocumentError(f"now.{name}[{number}].at", "lies after the time of the question")


def _asked(number: int, question: Question, protocol: Protocol, schedule: Schedule, facts: InfusionFacts) -> Answer:
    try:
        return answer_for(question.asked[number], protocol, schedule, facts, question.at)
    except AmbiguousMedicine as error:
        raise DocumentError(f"now.asked[{number}].medicine", str(error)) from None


def _answer(answer: Answer, zone: ZoneInfo) -> dict[str, Json]:
    return {
        "verdict": answer.verdict.value,
        "is_known": answer.is_known,
        "reasons": [encode(reason) for reason in answer.reasons],
        "last": None if answer.last is None else times(answer.last.at, zone),
        "next": None if answer.next_at is None else times(answer.next_at, zone),
        "then_none_until": None if answer.then_none_until is None else times(answer.then_none_until, zone),
    }


def _triaged(found: Triaged) -> Json:
    return {
        "level": None if found.level is None else found.level.value,
        "rule": None if found.rule is None else found.rule.key,
        "words": found.words,
        "source": found.source,
        "others": [rule.key for rule in found.others],
        "notes": [encode(note) for note in found.notes],
    }

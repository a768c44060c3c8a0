"""What several reports say together: a symptom stays until something says that it is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivig_care.regimen.reports import SaidAt, Standing, standing_at
from ivig_care.regimen.symptoms import Method, Severity, Symptom, SymptomSaid, Temperature

T0 = datetime.fromisoformat("2026-06-15T17:00:00+00:00")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HEADACHE, NECK = Symptom.HEADACHE, Symptom.STIFF_NECK


def said(symptom: Symptom = HEADACHE, **how: object) -> SymptomSaid:
    return SymptomSaid(symptom=symptom, **how)  # type: ignore[arg-type]


def at(
    hours: float, *symptoms: SymptomSaid, temp: str = "", gone: tuple[Symptom, ...] = (), by: str = "Maria"
) -> SaidAt:
    when = T0 + timedelta(hours=hours)
    readings = (Temperature(celsius=Fraction(temp), method=Method.ORAL, at=when),) if temp else ()
    return SaidAt(at=when, by=by, symptoms=symptoms, temperatures=readings, gone=frozenset(gone))


def named(standing: Standing) -> list[Symptom]:
    return [one.symptom for one in standing.symptoms]


@pytest.mark.parametrize(
    ("reports", "hours", "expected"),
    [
        ((at(0, said()), at(2, said(NECK))), 2, [HEADACHE, NECK]),
        ((at(0, said()), at(2)), 2, []),
        ((at(0, said()), at(2, gone=(HEADACHE,))), 2, []),
        ((at(0, said()), at(2, said(NECK), gone=(HEADACHE,))), 2, [NECK]),
        ((at(0, said()),), 23.9, [HEADACHE]),
        ((at(0, said()),), 24, []),
        ((at(0, said()), at(20, said())), 40, [HEADACHE]),
        ((at(0, said()), at(2, temp="37")), 2, [HEADACHE]),
        ((at(0, said()), at(3, said(NECK))), 2, [HEADACHE]),
    ],
    ids=["both", "fine ends it", "gone", "gone and another", "still counts", "a day later", "named again",
         "a reading ends nothing", "what comes later does not count"],
)  # fmt: skip
def test_what_is_there(reports: tuple[SaidAt, ...], hours: float, expected: list[Symptom]) -> None:
    assert named(standing_at(reports, T0 + timedelta(hours=hours))) == expected


def test_the_last_word_says_how_bad_and_the_first_when_it_began() -> None:
    first = said(severity=Severity.SEVERE, since=T0 - HOUR, is_persistent=True)
    (standing,) = standing_at((at(0, first), at(2, said(score=3, since=T0))), T0 + 2 * HOUR).symptoms
    assert (standing.severity, standing.score) == (None, 3)
    assert standing.since == T0 - HOUR
    assert standing.is_persistent is True


def test_named_again_without_a_word_of_how_bad_it_stays_as_bad() -> None:
    (standing,) = standing_at((at(0, said(severity=Severity.MILD)), at(2, said())), T0 + 2 * HOUR).symptoms
    assert standing.severity is Severity.MILD


@pytest.mark.parametrize(
    ("reports", "readings"),
    [
        ((at(0, temp="38.1"), at(2, temp="38.2")), ["38.1", "38.2"]),
        ((at(0, temp="38.5"), at(2, temp="37")), ["37", "37"]),
        ((at(0, temp="38.5"), at(2, said(NECK))), ["38.5"]),
        ((at(0, temp="38.5"), at(2)), []),
        ((at(0, temp="38.5"), at(2, said(NECK), gone=(Symptom.FEVER,))), []),
    ],
    ids=["two fevers apart", "gone down", "nobody measured since", "fine", "said to be gone"],
)
def test_readings_count_until_the_next(reports: tuple[SaidAt, ...], readings: list[str]) -> None:
    standing = standing_at(reports, T0 + 2 * HOUR)
    assert [one.celsius for one in standing.temperatures] == [Fraction(one) for one in readings]


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ((at(0, said()), at(2, by="Sam")), [HEADACHE]),
        ((at(0, said()), at(1, by="Sam"), at(2)), []),
        ((at(0, said()), at(1), at(2, by="Sam")), []),
        ((at(0, said()), at(1, said(NECK), by="Sam"), at(2, by="Sam")), [HEADACHE]),
        ((at(0, said()), at(1, said(), by="Sam"), at(2)), [HEADACHE]),
        ((at(0, said()), at(1, said(), by="Sam"), at(1.5), at(2, by="Sam")), []),
        ((at(0, said()), at(2, gone=(HEADACHE,), by="Sam")), []),
        ((at(-24, said()), at(2, by="Sam")), []),
    ],
    ids=["fine by another ends nothing", "fine by who said it", "said to be fine before", "only one's own",
         "both had said it", "both say fine", "gone, whoever says it", "a day later"],
)  # fmt: skip
def test_fine_ends_what_the_same_person_said(reports: tuple[SaidAt, ...], expected: list[Symptom]) -> None:
    assert named(standing_at(reports, T0 + 2 * HOUR)) == expected


def test_what_one_says_counts_in_full_again_once_the_other_takes_a_milder_word_back() -> None:
    severe, mild = said(severity=Severity.SEVERE), said(severity=Severity.MILD)
    both = (at(0, severe), at(1, mild, by="Sam"))
    assert standing_at(both, T0 + HOUR).symptoms[0].severity is Severity.MILD
    assert standing_at((*both, at(2, by="Sam")), T0 + 2 * HOUR).symptoms[0].severity is Severity.SEVERE


@pytest.mark.parametrize(
    ("reports", "readings"),
    [
        ((at(0, temp="38.5"), at(2, by="Sam")), ["38.5"]),
        ((at(0, temp="38.5"), at(1, temp="37", by="Sam"), at(2, by="Sam")), ["37"]),
        ((at(0, temp="38.5"), at(1, by="Sam"), at(2)), []),
    ],
    ids=["fine by another", "the next reading still counts", "fine by who measured"],
)
def test_fine_ends_the_readings_of_the_same_person(reports: tuple[SaidAt, ...], readings: list[str]) -> None:
    standing = standing_at(reports, T0 + 2 * HOUR)
    assert [one.celsius for one in standing.temperatures] == [Fraction(one) for one in readings]


@given(st.lists(st.sampled_from(list(Symptom)), min_size=1, unique=True), st.integers(0, 23))
def test_saying_more_never_makes_less_of_it(symptoms: list[Symptom], hours: int) -> None:
    first = at(0, *(said(one) for one in symptoms))
    more = (first, at(hours, said(NECK)))
    assert set(named(standing_at(more, T0 + hours * HOUR))) == {*symptoms, NECK}

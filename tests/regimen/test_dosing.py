"""From mg per kg to the mL of each day: caps, whole vials, and how a course is shared out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from ivig_care.regimen.dosing import CourseDose, Rounding, TooFewVials, VialRounding

TWO_DAYS = CourseDose(mg_per_kg=Fraction(2000), weight_kg=Fraction(20), days=2)
CAP = Fraction(70_000)


def _vials(grams: float, to: Rounding = Rounding.DOWN) -> VialRounding:
    return VialRounding(vial_mg=Fraction(grams) * 1000, to=to)


def _dose(
    grams: str, days: int = 1, to: Rounding = Rounding.DOWN, *, vial: float = 5, cap: int | None = None
) -> CourseDose:
    return CourseDose(
        mg_per_kg=Fraction(grams) * 1000,
        weight_kg=Fraction(1),
        days=days,
        cap_mg=None if cap is None else Fraction(cap) * 1000,
        vials=_vials(vial, to),
    )


def _mg(*amounts: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(amount) for amount in amounts)


def test_dose_is_kg_times_mg_per_kg_shared_evenly() -> None:
    assert (TWO_DAYS.ordered_mg, TWO_DAYS.total_mg) == _mg(40_000, 40_000)
    assert not TWO_DAYS.is_capped
    assert TWO_DAYS.mg_by_day == _mg(20_000, 20_000)
    assert replace(TWO_DAYS, days=3).mg_by_day == (Fraction(40_000, 3),) * 3


# mg/mL: mL of a day of 1 g/kg for 20 kg.
@pytest.mark.parametrize(("mg_per_ml", "ml"), [(100, 200), (50, 400)])
def test_volume_follows_from_the_concentration(mg_per_ml: int, ml: int) -> None:
    assert TWO_DAYS.volume_ml_of_day(1, Fraction(mg_per_ml)) == ml
    assert TWO_DAYS.volume_ml_of_day(2, Fraction(mg_per_ml)) == ml


# kg at 2 g/kg, FACTS section 7: grams of the course, whether the cap of 70 g took hold.
@pytest.mark.parametrize(
    ("weight", "grams", "is_capped"),
    [
        pytest.param("34.9", "69.8", False, id="below the cap"),
        pytest.param("35", "70", False, id="at the cap"),
        pytest.param("35.1", "70", True, id="above it"),
        pytest.param("80", "70", True, id="far above it"),
    ],
)
def test_cap_of_70_g_holds_for_the_course(weight: str, grams: str, is_capped: bool) -> None:
    dose = replace(TWO_DAYS, weight_kg=Fraction(weight), cap_mg=CAP)

    assert (dose.total_mg, dose.is_capped) == (Fraction(grams) * 1000, is_capped)
    assert dose.mg_by_day == (dose.total_mg / 2,) * 2
    assert dose.ordered_mg == Fraction(weight) * 2000


# Grams ordered, in vials of 5 g: grams rounded up, down, to the nearest.
@pytest.mark.parametrize(
    ("grams", "up", "down", "nearest"),
    [
        pytest.param("40", 40, 40, 40, id="whole vials already"),
        pytest.param("40.001", 45, 40, 40, id="a hair above"),
        pytest.param("42.499", 45, 40, 40, id="below the half"),
        pytest.param("42.5", 45, 40, 40, id="the half itself goes down"),
        pytest.param("42.501", 45, 40, 45, id="above the half"),
        pytest.param("44.999", 45, 40, 45, id="a hair below"),
    ],
)
def test_whole_vials(grams: str, up: int, down: int, nearest: int) -> None:
    rounded = [_dose(grams, to=way).total_mg for way in (Rounding.UP, Rounding.DOWN, Rounding.NEAREST)]

    assert rounded == [up * 1000, down * 1000, nearest * 1000]


def test_nothing_is_rounded_unless_it_is_asked_for() -> None:
    assert replace(_dose("42.5"), vials=None).total_mg == 42_500


# Grams ordered, cap, way: grams given, in vials of 20 g.
@pytest.mark.parametrize(
    ("grams", "cap", "to", "given_grams"),
    [
        pytest.param("61", 70, Rounding.UP, 60, id="up stops below the cap"),
        pytest.param("61", 80, Rounding.UP, 80, id="up reaches the cap"),
        pytest.param("61", 81, Rounding.UP, 80, id="up stays below the cap"),
        pytest.param("90", 70, Rounding.UP, 60, id="capped first, then not above it"),
        pytest.param("75", 75, Rounding.NEAREST, 60, id="nearest would be above the cap"),
        pytest.param("90", 70, Rounding.DOWN, 60, id="down from the cap"),
        pytest.param("90", 50, Rounding.NEAREST, 40, id="nearest to the cap, half down"),
    ],
)
def test_rounding_never_goes_above_the_cap(grams: str, cap: int, to: Rounding, given_grams: int) -> None:
    assert _dose(grams, to=to, vial=20, cap=cap).total_mg == given_grams * 1000


# Vials of 5 g in the course, days: vials of each day.
@pytest.mark.parametrize(
    ("vials", "days", "shares"),
    [
        (8, 2, (4, 4)),
        (7, 2, (4, 3)),
        (7, 5, (2, 2, 1, 1, 1)),
        (11, 3, (4, 4, 3)),
        (5, 5, (1, 1, 1, 1, 1)),
        (1, 1, (1,)),
    ],
)
def test_whole_vials_are_shared_as_evenly_as_can_be_with_the_larger_days_first(
    vials: int, days: int, shares: tuple[int, ...]
) -> None:
    dose = _dose(str(vials * 5), days)

    assert dose.mg_by_day == tuple(share * 5000 for share in shares)
    assert [dose.mg_of_day(number) for number in range(1, days + 1)] == list(dose.mg_by_day)
    assert dose.volume_ml_of_day(days, Fraction(100)) == shares[-1] * 50


@pytest.mark.parametrize(
    ("dose", "vials", "days"),
    [
        pytest.param(_dose("4.9"), 0, 1, id="rounds down to nothing"),
        pytest.param(_dose("2.5", to=Rounding.NEAREST), 0, 1, id="rounds to nothing"),
        pytest.param(_dose("4", to=Rounding.UP, cap=4), 0, 1, id="the cap is less than a vial"),
        pytest.param(_dose("10", 3), 2, 3, id="fewer vials than days"),
    ],
)
def test_day_without_a_vial_is_refused_with_a_sentence(dose: CourseDose, vials: int, days: int) -> None:
    with pytest.raises(TooFewVials) as refused:
        _ = dose.total_mg

    assert (refused.value.vials, refused.value.days) == (vials, days)
    assert str(refused.value) == (
        f"whole vials in the dose: {vials}, infusion days: {days}; choose a smaller vial, fewer days or no rounding"
    )


def test_whole_vial_of_a_day_is_not_refused() -> None:
    assert _dose("10", 2).mg_by_day == _mg(5000, 5000)


doses = st.builds(
    CourseDose,
    mg_per_kg=st.fractions(min_value=100, max_value=2000, max_denominator=7),
    weight_kg=st.fractions(min_value=3, max_value=120, max_denominator=10),
    days=st.integers(1, 5),
    cap_mg=st.one_of(st.none(), st.sampled_from([CAP, Fraction(1500), Fraction(33_333)])),
    vials=st.none(),
)
vials = st.builds(
    VialRounding,
    vial_mg=st.sampled_from([Fraction(500), Fraction(1000), Fraction(5000), Fraction(20_000)]),
    to=st.sampled_from(Rounding),
)


@given(doses)
def test_days_sum_to_the_total_and_are_alike(dose: CourseDose) -> None:
    assert len(dose.mg_by_day) == dose.days
    assert len(set(dose.mg_by_day)) == 1
    assert sum(dose.mg_by_day) == dose.total_mg == min(dose.ordered_mg, dose.cap_mg or dose.ordered_mg)


@given(doses, vials)
def test_days_of_whole_vials_sum_to_the_total_and_differ_by_one_vial_at_most(
    dose: CourseDose, rounding: VialRounding
) -> None:
    rounded = replace(dose, vials=rounding)
    try:
        by_day = rounded.mg_by_day
    except TooFewVials:
        reject()
    assert all((mg / rounding.vial_mg).denominator == 1 and mg > 0 for mg in by_day)
    assert max(by_day) - min(by_day) in (0, rounding.vial_mg)
    assert list(by_day) == sorted(by_day, reverse=True)
    assert rounded.total_mg == sum(by_day)
    assert abs(rounded.total_mg - dose.total_mg) < rounding.vial_mg
    assert dose.cap_mg is None or rounded.total_mg <= dose.cap_mg


def test_ways_of_rounding_have_their_words() -> None:
    assert tuple(Rounding) == ("up", "down", "nearest")

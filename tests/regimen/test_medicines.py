"""What medicines are called, what is in them, which are not given together, and what differs between countries."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ivig_care.regimen.doses import MedicineLimit
from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.medicines import (
    EXCLUSIVE,
    AmbiguousMedicine,
    Amount,
    Combination,
    Formulary,
    MedicineKnown,
    Resolved,
    RuleSet,
    UnknownMedicine,
    resolve,
    shared_classes,
)
from tests.regimen.builders import TYLENOL, hours

COLD_SACHET = Combination(
    name="Cold & Flu Sachet",
    contents=(Amount(ingredient=TYLENOL, mg=Fraction(500)), Amount(ingredient="chlorphenamine")),
)
NAMES = Formulary(
    medicines=(
        MedicineKnown(ingredient=TYLENOL, names=("paracetamol", "Tylenol", "Panadol Bébé")),
        MedicineKnown(ingredient="ibuprofen", names=("Advil",), needs_agreement=True),
        MedicineKnown(ingredient="ketoprofen", classes=("NSAID",)),
        MedicineKnown(ingredient="diphenhydramine", names=("Benadryl",)),
        MedicineKnown(ingredient="cetirizine", names=("Zyrtec", "Benadryl one a day")),
        MedicineKnown(ingredient="sumatriptan", classes=("triptan",)),
    ),
    combinations=(COLD_SACHET,),
)


@pytest.mark.parametrize(
    ("name", "ingredient"),
    [
        pytest.param("acetaminophen", TYLENOL, id="the ingredient itself"),
        pytest.param("paracetamol", TYLENOL, id="its other generic name"),
        pytest.param("Tylenol", TYLENOL, id="a brand"),
        pytest.param("tYLENOL", TYLENOL, id="in any case"),
        pytest.param("  Panadol   BEBE\t", TYLENOL, id="spaces and accents"),
        pytest.param("panadol be\u0301be\u0301", TYLENOL, id="accents as letters of their own"),
        pytest.param("Benadryl", "diphenhydramine", id="a name that begins another"),
        pytest.param("benadryl one a day", "cetirizine", id="the longer name"),
    ],
)
def test_name_resolves_to_its_ingredient(name: str, ingredient: str) -> None:
    assert resolve(name, NAMES) == Resolved(name=name, contents=(Amount(ingredient=ingredient),))


@pytest.mark.parametrize("name", ["Tylenoll", "Panadol", "", "  ", "benadryloneaday", "caffeine"])
def test_unknown_name_is_never_an_ingredient_of_its_own(name: str) -> None:
    with pytest.raises(UnknownMedicine) as refused:
        resolve(name, NAMES)

    assert refused.value.name == name
    assert str(refused.value) == f"no medicine known here is called {name!r}"
    assert isinstance(refused.value, RegimenError)


def test_name_of_two_different_medicines_is_refused() -> None:
    both = Formulary(
        medicines=(
            MedicineKnown(ingredient="diphenhydramine", names=("Benadryl",)),
            MedicineKnown(ingredient="cetirizine", names=("benadryl",)),
        )
    )

    with pytest.raises(AmbiguousMedicine) as refused:
        resolve("Benadryl", both)

    assert refused.value.name == "Benadryl"
    assert str(refused.value) == "different medicines are called 'Benadryl'; say which ingredient is meant"


def test_name_said_twice_of_one_ingredient_is_no_trouble() -> None:
    twice = Formulary(medicines=(MedicineKnown(ingredient=TYLENOL, names=("Tylenol", "TYLENOL")),))

    assert resolve("tylenol", twice).contents == (Amount(ingredient=TYLENOL),)


def test_combination_resolves_to_all_its_ingredients() -> None:
    sachet = resolve("cold & flu sachet", NAMES)

    assert sachet.contents == COLD_SACHET.contents
    assert sachet.in_units(Fraction(3, 2)) == (
        Amount(ingredient=TYLENOL, mg=Fraction(750)),
        Amount(ingredient="chlorphenamine"),
    )


def test_mg_of_a_single_ingredient_are_its_own_and_of_a_combination_nobody_knows_of_what() -> None:
    assert resolve("Tylenol", NAMES).in_mg(Fraction(300)) == (Amount(ingredient=TYLENOL, mg=Fraction(300)),)
    assert resolve("Cold & Flu Sachet", NAMES).in_mg(Fraction(300)) == (
        Amount(ingredient=TYLENOL),
        Amount(ingredient="chlorphenamine"),
    )


@pytest.mark.parametrize(
    ("ingredient", "other", "names"),
    [
        pytest.param("ibuprofen", "naproxen", ["NSAID"], id="two NSAIDs"),
        pytest.param("aspirin", "ibuprofen", ["NSAID"], id="aspirin is one too"),
        pytest.param("ibuprofen", "ketoprofen", ["NSAID"], id="one that the formulary adds"),
        pytest.param("diphenhydramine", "chlorphenamine", ["sedating antihistamine"], id="two sedating antihistamines"),
        pytest.param("diphenhydramine", "cetirizine", [], id="a second that does not make sleepy"),
        pytest.param("rizatriptan", "sumatriptan", ["triptan"], id="two triptans"),
        pytest.param("ibuprofen", TYLENOL, [], id="ibuprofen and acetaminophen"),
        pytest.param("ibuprofen", "ibuprofen", [], id="an ingredient and itself"),
    ],
)
def test_classes_whose_members_are_not_given_together(ingredient: str, other: str, names: list[str]) -> None:
    for pair in ((ingredient, other), (other, ingredient)):
        assert [one.name for one in shared_classes(*pair, NAMES)] == names


def test_every_class_says_how_long_and_who_says_so() -> None:
    assert [one.kind for one in EXCLUSIVE] == [
        "pain medicines of the kind called NSAID",
        "antihistamines that make sleepy",
        "migraine medicines of the kinds called triptan and ergot",
    ]
    assert [(one.name, one.within, one.source) for one in EXCLUSIVE] == [
        ("NSAID", hours(24), "FACTS section 4, composite rules; within 24 h is our choice"),
        ("sedating antihistamine", hours(24), "FACTS section 4, composite rules; within 24 h is our choice"),
        ("triptan", hours(24), "HLH 1210"),
    ]


def test_rule_set_reads_the_limits_of_its_own_country_and_of_none() -> None:
    limits = tuple(
        MedicineLimit(ingredient=TYLENOL, country=country, max_doses_24h=most)
        for country, most in (("US", 5), ("UK", 4), ("AU", 4), ("", 6))
    )

    assert [
        [limit.max_doses_24h for limit in RuleSet(country=country, limits=limits, formulary=NAMES).limits_here]
        for country in ("US", "UK", "NZ")
    ] == [[5, 6], [4, 6], [6]]


def test_medicine_is_found_by_its_exact_ingredient() -> None:
    ibuprofen = NAMES.medicine("ibuprofen")

    assert ibuprofen is not None
    assert ibuprofen.names == ("Advil",)
    assert (NAMES.medicine("Ibuprofen"), NAMES.medicine("advil")) == (None, None)

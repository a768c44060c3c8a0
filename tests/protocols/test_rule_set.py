"""What the regimen makes of the catalogue: products, limits and names as its own values, all of them exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from ivig_care.actions.catalogue import catalogue_load
from ivig_care.protocols.models import Medicine, MedicineLimit, Product
from ivig_care.protocols.selectors import rule_set_for
from ivig_care.regimen import doses, rates
from ivig_care.regimen.medicines import Amount, MedicineKnown, resolve
from ivig_care.regimen.timing import Elapsed

RISK = "risk of kidney injury or thrombosis"


@pytest.fixture(scope="module")
def octagam(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> rates.Product:
    """Octagam 10 % as it comes out of the tables; nothing of the load stays in them."""
    with django_db_blocker.unblock(), transaction.atomic():
        catalogue_load()
        product = Product.objects.get(name="Octagam 10 %").as_value()
        transaction.set_rollback(True)
    return product


@pytest.mark.django_db
def test_a_product_is_known_to_the_regimen_with_its_slowest_start() -> None:
    catalogue_load()
    gamunex = Product.objects.get(name="Gamunex-C").as_value()
    assert (gamunex.mg_per_ml, gamunex.start, gamunex.start_source) == (Fraction(100), Fraction(3, 5), "S23")
    unknown = Product.objects.get(name="Gammaked").as_value()
    assert unknown == rates.Product(name="Gammaked", mg_per_ml=Fraction(100))


@pytest.mark.parametrize(
    ("indication", "flags", "expected", "is_use_unknown"),
    [
        pytest.param("ITP", set(), ["7.2"], False, id="ITP"),
        pytest.param("dermatomyositis (adult)", set(), ["2.4"], False, id="adult-DM"),
        pytest.param("ITP", {"risk"}, ["2", "7.2"], False, id="ITP-at-risk"),
        pytest.param("ITP", {"risk", "risk, strict"}, ["1.8", "2", "7.2"], False, id="ITP-at-risk-strict"),
        pytest.param("", set(), ["2.4", "7.2"], True, id="no-indication-all-count"),
        pytest.param("juvenile dermatomyositis", set(), ["2.4", "7.2"], True, id="unknown-use-all-count"),
    ],
)
def test_the_ceilings_of_octagam_go_by_indication_and_flag(
    octagam: rates.Product, indication: str, flags: set[str], expected: list[str], is_use_unknown: bool
) -> None:
    known = rates.ceilings_for(octagam, indication=indication, flags=frozenset(flags), is_first=None)
    assert [one.ml_per_kg_h for one in known.ceilings] == [Fraction(rate) for rate in expected]
    assert known.is_use_unknown == is_use_unknown


@pytest.mark.django_db
def test_a_ceiling_is_known_to_the_regimen_in_full() -> None:
    catalogue_load()
    panzyga = Product.objects.get(name="Panzyga").as_value()
    assert panzyga.ceilings[0] == rates.Ceiling(
        use=RISK,
        ml_per_kg_h=Fraction(2),
        source="S31",
        label="3.3 mg/kg/min (0.033 mL/kg/min)",
        flag="risk",
    )
    assert panzyga.ceilings[-1].indication == "PI"


@pytest.mark.django_db
def test_a_ceiling_for_a_first_infusion_is_known_as_such() -> None:
    product = Product.objects.create(name="Oldglobulin", mg_per_ml=100)
    product.ceilings.create(use="first", ml_per_kg_h=2, is_for_first=True, source="S1")
    (ceiling,) = product.as_value().ceilings
    assert ceiling == rates.Ceiling(use="first", ml_per_kg_h=Fraction(2), source="S1", is_for_first=True)


@pytest.mark.django_db
def test_a_rule_set_holds_the_limits_of_its_country_with_exact_values(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    catalogue_load()
    with django_assert_num_queries(4):
        rules = rule_set_for("US")
    assert rules.country == "US"
    assert rules.limits == rules.limits_here
    assert [limit for limit in rules.limits if limit.ingredient == "rizatriptan"] == [
        doses.MedicineLimit(
            ingredient="rizatriptan",
            country="US",
            from_years=6,
            below_years=18,
            below_kg=Fraction(40),
            min_interval=Elapsed(hours=24),
            max_doses_24h=1,
            max_mg_24h=Fraction(5),
            max_mg_dose=Fraction(5),
            caution=_caution("rizatriptan", "US", "from 6 years, under 18 years, under 40 kg"),
            source="HLH 1210",
        ),
        doses.MedicineLimit(
            ingredient="rizatriptan",
            country="US",
            from_years=6,
            below_years=18,
            from_kg=Fraction(40),
            min_interval=Elapsed(hours=24),
            max_doses_24h=1,
            max_mg_24h=Fraction(10),
            max_mg_dose=Fraction(10),
            caution=_caution("rizatriptan", "US", "from 6 years, under 18 years, from 40 kg"),
            source="HLH 1210",
        ),
    ]


@pytest.mark.django_db
def test_countries_differ_where_their_rules_do() -> None:
    catalogue_load()
    counts = {
        country: {limit.max_doses_24h for limit in rule_set_for(country).limits if limit.ingredient == "acetaminophen"}
        for country in ("US", "UK", "AU")
    }
    assert counts == {"US": {5}, "UK": {4}, "AU": {4}}
    (australian,) = [
        limit for limit in rule_set_for("AU").limits if limit.ingredient == "acetaminophen" and limit.below_kg is None
    ]
    assert (australian.max_mg_per_kg_dose, australian.max_mg_dose) == (Fraction(15), Fraction(1000))
    assert (australian.max_mg_per_kg_24h, australian.max_mg_24h) == (Fraction(75), Fraction(4000))


@pytest.mark.django_db
def test_a_length_of_time_is_exact() -> None:
    medicine = Medicine.objects.create(ingredient="naproxen")
    limit = MedicineLimit(medicine=medicine, country="US", min_interval_hours=Decimal("12.1"))
    assert limit.as_value().min_interval == Elapsed(hours=12, minutes=6)
    assert MedicineLimit(medicine=medicine, country="US").as_value().min_interval is None


@pytest.mark.django_db
def test_names_and_combinations_resolve_to_ingredients() -> None:
    catalogue_load()
    formulary = rule_set_for("AU").formulary
    assert formulary.medicine("ibuprofen") == MedicineKnown(
        ingredient="ibuprofen", classes=("NSAID",), needs_agreement=True
    )
    assert resolve("tylenol", formulary).contents == (Amount(ingredient="acetaminophen"),)
    assert resolve("paracetamol", formulary).contents == (Amount(ingredient="acetaminophen"),)
    assert resolve("Night Nurse", formulary).contents == (
        Amount(ingredient="acetaminophen", mg=Fraction(1000)),
        Amount(ingredient="promethazine", mg=Fraction(20)),
        Amount(ingredient="dextromethorphan", mg=Fraction(15)),
    )
    assert resolve("headache relief pm", formulary).contents[-1] == Amount(ingredient="diphenhydramine")


@pytest.mark.django_db
def test_every_name_means_one_thing() -> None:
    catalogue_load()
    formulary = rule_set_for("US").formulary
    for medicine in formulary.medicines:
        for name in (medicine.ingredient, *medicine.names):
            assert resolve(name, formulary).contents == (Amount(ingredient=medicine.ingredient),)
    for combination in formulary.combinations:
        assert resolve(combination.name, formulary).contents == combination.contents


def _caution(ingredient: str, country: str, band: str) -> str:
    return MedicineLimit.objects.get(medicine__ingredient=ingredient, country=country, band=band).caution

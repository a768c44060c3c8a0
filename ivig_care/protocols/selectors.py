"""Reads of protocols and of the reference data: which versions a plan may be made on, which rules a country has."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from ivig_care.care_teams.models import Clinic
from ivig_care.common.kept import Kept
from ivig_care.protocols.models import Combination, Medicine, MedicineLimit, Product, ProtocolVersion
from ivig_care.regimen import rates
from ivig_care.regimen.brands import may_be
from ivig_care.regimen.medicines import Formulary, RuleSet


def versions_for(clinic: Clinic) -> QuerySet[ProtocolVersion]:
    """The newest published version of each protocol that is built in or this clinic's own, by name."""
    published = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED)
    newer = published.filter(protocol=OuterRef("protocol"), number__gt=OuterRef("number"))
    open_to_clinic = Q(protocol__clinic__isnull=True) | Q(protocol__clinic=clinic)
    newest = published.filter(open_to_clinic).exclude(Exists(newer))
    return newest.select_related("protocol").order_by("protocol__name", "pk")


# The tables of reference data change when a site is brought up to date, and hardly ever otherwise: a load is heard of
# within these seconds.
KEPT_SECONDS = 5.0
_RULE_SETS: Kept[str, RuleSet] = Kept(most=20, seconds=KEPT_SECONDS)
_PRODUCTS: Kept[int, rates.Product] = Kept(most=500, seconds=KEPT_SECONDS)


def product_value(pk: int) -> rates.Product:
    """The product as the regimen knows it. Three queries, or none a moment later."""
    return _PRODUCTS.get(pk, lambda: Product.objects.get(pk=pk).as_value())


def rule_set_for(country: str) -> RuleSet:
    """The limits of a country, and what every medicine and combination is called, as the regimen knows them.

    Names count wherever they are from: a family may have brought a product along. Four queries, or none a moment later.
    """
    return _RULE_SETS.get(country, lambda: _rule_set(country))


def _rule_set(country: str) -> RuleSet:
    limits = MedicineLimit.objects.filter(country=country).select_related("medicine")
    combinations = Combination.objects.prefetch_related("parts").order_by("name")
    return RuleSet(
        country=country,
        limits=tuple(limit.as_value() for limit in limits),
        formulary=Formulary(
            medicines=tuple(medicine.as_value() for medicine in Medicine.objects.order_by("ingredient")),
            combinations=tuple(combination.as_value() for combination in combinations),
        ),
    )


def product_on(label: str, ordered: Product | None) -> Product | None:
    """The product that a label names; None when it may be several that differ, or is none that is known here.

    Of several of one strength it is the one that was ordered, if that is among them.
    """
    known = list(Product.objects.order_by("name"))
    exact = [one for one in known if one.name.casefold() == label.strip().casefold()]
    meant = exact or [one for one in known if may_be(label, one.name)]
    if len({one.mg_per_ml for one in meant}) != 1:
        return None
    return next((one for one in meant if ordered is not None and one.pk == ordered.pk), meant[0])

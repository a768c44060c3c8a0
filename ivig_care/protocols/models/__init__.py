"""Protocols and their versions, and the reference data on products and medicines, each value with its source."""

from ivig_care.protocols.models.medicines import Combination, CombinationPart, Medicine, MedicineLimit
from ivig_care.protocols.models.products import Indication, Product, ProductCeiling, ProductStart
from ivig_care.protocols.models.protocols import Protocol, ProtocolVersion, PublishedVersionFixed

__all__ = [
    "Combination",
    "CombinationPart",
    "Indication",
    "Medicine",
    "MedicineLimit",
    "Product",
    "ProductCeiling",
    "ProductStart",
    "Protocol",
    "ProtocolVersion",
    "PublishedVersionFixed",
]

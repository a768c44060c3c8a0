"""A delivery as sending looks at it: plain values, since making an object of every row takes longer than sending it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ivig_care.nudges.models import Delivery
from ivig_care.nudges.models.deliveries import DeliveryQuerySet


@dataclass(slots=True)
class Address:
    """A contact point, as far as sending looks at it."""

    pk: int
    address: str
    rank: int
    push_key: str
    push_secret: str
    verified_at: datetime | None
    consented_at: datetime | None
    disabled_at: datetime | None
    code_sent_at: datetime | None

    @property
    def is_usable(self) -> bool:
        """Whether a message may go there now, as `ContactPoint.is_usable` says it."""
        return self.verified_at is not None and self.consented_at is not None and self.disabled_at is None


@dataclass(slots=True)
class Outgoing:
    """One delivery as it stood when it was read, and where it goes; see Delivery."""

    to: Address | None
    pk: int
    person_id: int
    infusion_id: int | None
    kind: str
    purpose: str
    briefing_on: date | None
    status: str
    owed_at: datetime
    expires_at: datetime
    lease: str
    leased_until: datetime | None
    begun_at: datetime | None
    tries: int
    is_possible_repeat: bool

    @property
    def key(self) -> str:
        """The same on every try, so that repeats can be told apart."""
        return f"delivery-{self.pk}"

    @property
    def contact_point_id(self) -> int | None:
        """The key of the contact point it goes to."""
        return None if self.to is None else self.to.pk


_OF_DELIVERY = tuple(name for name in Outgoing.__slots__ if name != "to")
_OF_ADDRESS = tuple(f"contact_point__{name}" for name in Address.__slots__)


def outgoing(deliveries: DeliveryQuerySet) -> list[Outgoing]:
    """These deliveries, in the same order."""
    rows: Iterable[tuple[Any, ...]] = deliveries.values_list(*_OF_ADDRESS, *_OF_DELIVERY)
    end = len(_OF_ADDRESS)
    return [Outgoing(None if row[0] is None else Address(*row[:end]), *row[end:]) for row in rows]


def outgoing_one(delivery: Delivery) -> Outgoing:
    """This delivery, as it is now."""
    return outgoing(Delivery.objects.filter(pk=delivery.pk))[0]

"""`among` finds what `in` finds."""

from __future__ import annotations

import pytest

from ivig_care.accounts.models import User


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", [[], [0], [1], [2, 0], [0, 0, 9]])
def test_among_is_in(wanted: list[int]) -> None:
    people = [User.objects.create(email=f"{number}@example.org") for number in range(3)]
    keys = [people[number].pk if number < len(people) else -1 for number in wanted]
    assert set(User.objects.filter(pk__among=keys)) == set(User.objects.filter(pk__in=keys))


@pytest.mark.django_db
def test_among_takes_a_set_and_a_generator() -> None:
    person = User.objects.create(email="one@example.org")
    assert User.objects.filter(pk__among={person.pk}).exists()
    assert User.objects.filter(pk__among=(key for key in [person.pk])).exists()

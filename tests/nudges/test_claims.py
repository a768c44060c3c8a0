"""How many messages a process takes at once."""

from __future__ import annotations

import pytest

from ivig_care.actions.claims import chunk_after


@pytest.mark.parametrize(
    ("taken", "seconds", "then"),
    [
        (100, 1.0, 50),  # as many as leave in half a second
        (100, 0.1, 500),
        (100, 0.0, 1000),  # never more than a thousand
        (100, 100.0, 20),  # never fewer than twenty
        (3, 0.5, 20),
        (0, 0.5, 20),
    ],
)
def test_the_next_chunk_fits_the_pace_of_the_last(taken: int, seconds: float, then: int) -> None:
    assert chunk_after(taken, seconds=seconds) == then

"""How hypothesis searches here: the same examples every time, so a red test stays red until it is mended."""

from __future__ import annotations

import os

import hypothesis
from hypothesis import Phase

hypothesis.settings.register_profile(
    "regimen", derandomize=True, database=None, deadline=None, max_examples=50, print_blob=False
)
# For `make mutate`, where it only matters whether a test fails, thousands of times over; and for `make check`.
hypothesis.settings.register_profile(
    "brief",
    parent=hypothesis.settings.get_profile("regimen"),
    max_examples=15,
    phases=(Phase.explicit, Phase.generate),
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "regimen"))

"""How hypothesis searches here: the same examples every time, so a red test stays red until it is mended."""

from __future__ import annotations

import os

import hypothesis
from hypothesis import Phase

hypothesis.settings.register_profile(
    "regimen", derandomize=True, database=None, deadline=None, max_examples=50, print_blob=False
)
# For `make mutate`: whether a test fails, thousands of times over; the smallest example is of no interest then.
hypothesis.settings.register_profile(
    "mutation",
    parent=hypothesis.settings.get_profile("regimen"),
    max_examples=15,
    phases=(Phase.explicit, Phase.generate),
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "regimen"))

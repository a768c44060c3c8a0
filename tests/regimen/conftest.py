"""How hypothesis searches here: the same examples every time, so a red test stays red until it is mended."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile(
    "regimen", derandomize=True, database=None, deadline=None, max_examples=50, print_blob=False
)
hypothesis.settings.load_profile("regimen")

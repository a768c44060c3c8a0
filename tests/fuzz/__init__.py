"""Generated garbage against every address of the site: never a 500, never a leak, never half a change."""

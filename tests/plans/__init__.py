"""Reads of plans and checklists that stand on no page alone."""

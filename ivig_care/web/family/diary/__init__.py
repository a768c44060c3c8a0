"""What a family writes down around an infusion: drinks, how the child is, doses besides; and whom to call."""

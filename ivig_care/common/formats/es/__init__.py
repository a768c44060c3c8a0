"""Spanish as families in the United States and Mexico write it."""

"""Faults at random moments while messages leave, many rounds of them: `python -m tests.chaos --rounds 200 --seed 1`."""

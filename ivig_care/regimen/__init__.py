"""The regimen decides: values in, values out.

Plain Python on the standard library alone: no Django, no clock, no database, no randomness. Whoever calls reads the
clock and passes the instant in.
"""

"""The smallest Django site that does what the checklist does: what `make bench-web` measures ours against.

The page reads its session, asks for its 40 rows in one query and prints them with a plain template. The tick is a form
with a session and a token: it updates one row and answers with the rows, as ours does.
"""

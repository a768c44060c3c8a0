"""The one process of a chaos run that knows Django; started by rows.py beside it.

It answers each line of JSON on its input with a line of JSON; `{"away": true}` when the database does not answer.
"""

from __future__ import annotations

import json
import os
import sys

import django


def main() -> None:
    """Answer until nothing more is asked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from django.db import Error, connection

    from tests.chaos.answers import ASKED

    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = ASKED[question.pop("ask")](**question)
        except Error as error:
            connection.close()
            answer = {"away": True, "error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

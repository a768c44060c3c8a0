"""`python -m tests.fuzz --requests 20000`: one JSON object, and exit status 1 when anything went wrong.

Runs on a PostgreSQL of its own. What broke is printed to the standard error, one JSON object a line, with all that is
needed to send it again; the same --seed with --threads 1 sends the same requests again.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import secrets
import sys

import django

from tests.servers import postgres_server


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args(arguments)
    with postgres_server() as database:
        os.environ |= {
            "DATABASE_URL": database,
            "SECRET_KEY": secrets.token_hex(32),
            "PUBLIC_URL": "http://testserver",
            "DJANGO_SETTINGS_MODULE": "ivig_care.settings",
        }
        return _fuzz(requests=options.requests, seed=options.seed, threads=options.threads)


def _fuzz(*, requests: int, seed: int, threads: int) -> int:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    from tests.fuzz.run import play, unreached, wrong_in_the_end

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CELERY_BROKER_URL = "memory://"
    setup_test_environment()
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0, interactive=False)
    score = play(requests=requests, seed=seed, threads=threads)
    wrong = wrong_in_the_end()
    connection.close()
    for text in wrong:
        sys.stderr.write(f"WRONG: {text}\n")
    document = {
        "requests": score.requests,
        "errors_500": score.errors_500,
        "leaks": score.leaks,
        "half_changes": score.half_changes,
        "broken_promises": len(wrong),
        "seed": seed,
        "threads": threads,
        "changed_of_alone": score.changed,
        "unreached": unreached(score),
        "statuses": {str(status): count for status, count in sorted(score.statuses.items())},
        "requests_per_s": round(score.requests / score.seconds, 1),
    }
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if score.errors_500 or score.leaks or score.half_changes or wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

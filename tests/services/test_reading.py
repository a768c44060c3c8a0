"""What ringing and sending read does not grow: not with what a family was ever sent, nor with what is on its way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.servers import postgres_server
from tests.services.site import Site, base_env

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

FAMILIES = 1000
# Waiting, spoken to, taken, kept as sent, begun: each reads the message itself and at most one or two beside it.
MOST_ROWS = 20


@pytest.mark.parametrize("sent_before", [2, 100])
def test_rows_read_for_one_message_do_not_depend_on_its_history(tmp_path: Path, sent_before: int) -> None:
    with postgres_server() as database:
        env = base_env(tmp_path) | {
            "DATABASE_URL": database,
            "PUBLIC_URL": "http://127.0.0.1:1",
            "SMS_CHANNEL": "tests.services.crowd.Noting",
        }
        site = Site(url="", env=env)
        site.run("manage.py", "migrate", "--no-input", "--verbosity", "0")
        read = json.loads(site.run("-m", "tests.services.reading", str(FAMILIES), str(sent_before)))
    assert len((tmp_path / "sent").read_text().splitlines()) == FAMILIES
    assert max(read.values()) <= MOST_ROWS, read

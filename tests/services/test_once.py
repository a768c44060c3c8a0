"""Many dispatchers on one PostgreSQL, with clocks that disagree: each person is told once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import psycopg
import pytest

from tests.servers import postgres_server
from tests.services.site import Site, base_env

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

FAMILIES = 3000
DISPATCHERS = 10


def test_ten_dispatchers_with_clocks_seconds_apart_tell_everybody_once(tmp_path: Path) -> None:
    with postgres_server() as database:
        env = base_env(tmp_path) | {
            "DATABASE_URL": database,
            "PUBLIC_URL": "http://127.0.0.1:1",
            "SMS_CHANNEL": "tests.services.crowd.Noting",
        }
        site = Site(url="", env=env)
        site.run("manage.py", "migrate", "--no-input", "--verbosity", "0")
        site.run("-m", "tests.services.crowd", str(FAMILIES), str(DISPATCHERS))
        with psycopg.connect(database) as connection:
            rows = connection.execute("SELECT status, tries, count(*) FROM nudges_delivery GROUP BY 1, 2").fetchall()
    sent = Counter(line.split()[0] for line in (tmp_path / "sent").read_text().splitlines())
    assert len(sent) == FAMILIES
    assert set(sent.values()) == {1}
    assert rows == [("sent", 1, FAMILIES)]

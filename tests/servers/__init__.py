"""Real servers for tests: each on a free port, its data in a temporary directory, gone at the end.

`python -m tests.servers with-postgres -- COMMAND ...` runs a command against a PostgreSQL of its own.
"""

from tests.servers.mail import SmtpSink, smtp_sink
from tests.servers.postgres import postgres_server
from tests.servers.processes import ServerDidNotStart, ServerMissing, ServerProcess, free_port
from tests.servers.redis import RedisServer, redis_server
from tests.servers.twilio import TwilioError, TwilioMessage, TwilioSink, twilio_sink

__all__ = [
    "RedisServer",
    "ServerDidNotStart",
    "ServerMissing",
    "ServerProcess",
    "SmtpSink",
    "TwilioError",
    "TwilioMessage",
    "TwilioSink",
    "free_port",
    "postgres_server",
    "redis_server",
    "smtp_sink",
    "twilio_sink",
]

"""Real servers for tests: each on a free port, its data in a temporary directory, gone at the end.

`python -m tests.servers with-postgres -- COMMAND ...` runs a command against a PostgreSQL of its own.
"""

from tests.servers.fast_mail import FastMailServer, fast_mail_server
from tests.servers.mail import SmtpSink, smtp_sink
from tests.servers.postgres import PostgresServer, lasting_postgres_server, postgres_server
from tests.servers.processes import ServerDidNotStart, ServerMissing, ServerProcess, free_port
from tests.servers.push import PushMessage, PushSink, PushSubscription, push_sink
from tests.servers.redis import RedisServer, redis_server
from tests.servers.twilio import TwilioError, TwilioMessage, TwilioSink, twilio_sink
from tests.servers.web import Fault, Faults

__all__ = [
    "FastMailServer",
    "Fault",
    "Faults",
    "PostgresServer",
    "PushMessage",
    "PushSink",
    "PushSubscription",
    "RedisServer",
    "ServerDidNotStart",
    "ServerMissing",
    "ServerProcess",
    "SmtpSink",
    "TwilioError",
    "TwilioMessage",
    "TwilioSink",
    "fast_mail_server",
    "free_port",
    "lasting_postgres_server",
    "postgres_server",
    "push_sink",
    "redis_server",
    "smtp_sink",
    "twilio_sink",
]

"""E-mail: SMTP, any django-anymail provider, or the on-screen outbox, as EMAIL_BACKEND says."""

from __future__ import annotations

from datetime import datetime
from threading import local

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from requests import RequestException

from ivig_care.nudges.channels import letters
from ivig_care.nudges.channels.base import CannotTell, Message, Receipt, SendFailed
from ivig_care.nudges.channels.http import GATEWAY_GAVE_UP, failure_of
from ivig_care.nudges.channels.smtp import MailConnection, MailServer

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_OUTBOX = "ivig_care.nudges.channels.outbox.EmailBackend"


class EmailChannel:
    """Sends one e-mail with a text and an HTML part. Each thread keeps a connection of its own open."""

    def __init__(self) -> None:
        self._of_thread = local()

    @property
    def is_local(self) -> bool:
        """Only the outbox is."""
        return bool(settings.EMAIL_BACKEND == _OUTBOX)

    def send(self, message: Message) -> Receipt:
        """Raises SendFailed."""
        if settings.EMAIL_BACKEND == _SMTP:
            return self._send_to_server(message)
        return self._send_through_backend(message)

    def find(self, message: Message, *, since: datetime) -> Receipt | None:
        """Raises CannotTell: neither a mail server nor most providers can be asked."""
        raise CannotTell("e-mail: nobody can be asked whether it left")

    def _send_to_server(self, message: Message) -> Receipt:
        try:
            sender = letters.bare_address(settings.DEFAULT_FROM_EMAIL)
            letters.address(settings.DEFAULT_FROM_EMAIL)
        except (ValueError, TypeError) as error:
            # Our own mistake says nothing about anybody's address.
            raise SendFailed(f"DEFAULT_FROM_EMAIL is no address: {error}", is_permanent=False) from error
        try:
            to = letters.bare_address(message.to)
            letter = letters.letter(message, sender=settings.DEFAULT_FROM_EMAIL, public_url=settings.PUBLIC_URL)
        except (ValueError, TypeError) as error:
            raise SendFailed(f"not an e-mail address: {error}", is_permanent=True) from error
        self._connection().deliver(letter, sender=sender, to=to)
        return Receipt(provider_id=letters.message_id(message, public_url=settings.PUBLIC_URL))

    def _connection(self) -> MailConnection:
        """This thread's connection to the mail server that is set up."""
        server = MailServer(
            host=settings.EMAIL_HOST,
            port=settings.EMAIL_PORT,
            user=settings.EMAIL_HOST_USER,
            password=settings.EMAIL_HOST_PASSWORD,
            has_tls=settings.EMAIL_USE_TLS,
            timeout=settings.EMAIL_TIMEOUT,
        )
        connection: MailConnection | None = getattr(self._of_thread, "server", None)
        if connection is None or connection.server != server:
            if connection is not None:
                connection.close()
            connection = self._of_thread.server = MailConnection(server)
        return connection

    def _send_through_backend(self, message: Message) -> Receipt:
        mail = _mail(message)
        try:
            backend = self._backend()
            backend.send_messages([mail])
        except AnymailRecipientsRefused as error:
            raise SendFailed(str(error), is_permanent=True) from error
        except AnymailAPIError as error:
            self._drop_backend()
            cause = error.__cause__
            if error.status_code is None and isinstance(cause, RequestException):
                raise failure_of("e-mail provider", cause) from error
            # A yes that cannot be read is a yes, perhaps.
            is_unknown = error.status_code in GATEWAY_GAVE_UP or (error.status_code or 0) // 100 == 2
            raise SendFailed(str(error), is_permanent=False, is_unknown=is_unknown) from error
        except (AnymailError, OSError, ValueError) as error:
            self._drop_backend()
            raise SendFailed(f"{type(error).__name__}: {error}", is_permanent=False) from error
        status = getattr(mail, "anymail_status", None)
        return Receipt(provider_id=getattr(status, "message_id", None) or mail.extra_headers["Message-ID"])

    def _backend(self) -> BaseEmailBackend:
        """This thread's backend, opened, so that it keeps its connection from one e-mail to the next."""
        name, backend = getattr(self._of_thread, "backend", ("", None))
        if backend is None or name != settings.EMAIL_BACKEND:
            backend = get_connection()
            backend.open()
            self._of_thread.backend = (settings.EMAIL_BACKEND, backend)
        found: BaseEmailBackend = backend
        return found

    def _drop_backend(self) -> None:
        _, backend = self._of_thread.__dict__.pop("backend", ("", None))
        if backend is not None:
            backend.close()


def _mail(message: Message) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=" ".join(message.subject.split()),
        body=message.text,
        to=[message.to],
        headers=letters.headers_of(message, public_url=settings.PUBLIC_URL),
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail

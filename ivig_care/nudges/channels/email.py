"""E-mail through Django: SMTP, any django-anymail provider, or the on-screen outbox, as EMAIL_BACKEND says."""

from __future__ import annotations

import smtplib
from urllib.parse import urlsplit

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from ivig_care.nudges.channels.base import Message, Receipt, SendFailed


class EmailChannel:
    """Sends one e-mail with a text and an HTML part and a Message-ID that is the same on every try."""

    def send(self, message: Message) -> Receipt:
        """Raises SendFailed."""
        message_id = f"<{message.key}@{urlsplit(settings.PUBLIC_URL).hostname}>"
        mail = EmailMultiAlternatives(
            subject=message.subject,
            body=message.text,
            to=[message.to],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise SendFailed(_words(code, said), is_permanent=code >= 500) from error
        except smtplib.SMTPResponseException as error:
            # The server refused the message or our sign-in, not the address: that can be mended and tried again.
            raise SendFailed(_words(error.smtp_code, error.smtp_error), is_permanent=False) from error
        except AnymailRecipientsRefused as error:
            raise SendFailed(str(error), is_permanent=True) from error
        except AnymailAPIError as error:
            raise SendFailed(str(error), is_permanent=False) from error
        except (smtplib.SMTPException, AnymailError, OSError) as error:
            raise SendFailed(f"{type(error).__name__}: {error}", is_permanent=False) from error
        return Receipt(provider_id=message_id)


def _words(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"

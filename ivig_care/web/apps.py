"""What the web tells others when the program starts."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The site."""

    name = "ivig_care.web"

    def ready(self) -> None:
        """Ask to be told what e-mail providers report."""
        from ivig_care.nudges.channels.mail_receipts import listen
        from ivig_care.web.hooks.mail import mail_reported

        listen(mail_reported)

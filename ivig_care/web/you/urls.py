"""Addresses of the page about oneself."""

from django.urls import path

from ivig_care.web.welcome.settings import you_settings
from ivig_care.web.you import close, consents, log, page

urlpatterns = [
    path("", page.you, name="you"),
    path("settings/", you_settings, name="you_settings"),
    path("sessions/<int:pk>/end/", page.session_end, name="session_end"),
    path("sessions/end-others/", page.other_sessions_end, name="other_sessions_end"),
    path("log/", log.log, name="own_log"),
    path("close/", close.close, name="account_close"),
    path("consents/", consents.consents, name="own_consents"),
]

"""Addresses about the person's own account."""

from django.urls import path

from ivig_care.web.you import close, consents, log

urlpatterns = [
    path("log/", log.log, name="own_log"),
    path("close/", close.close, name="account_close"),
    path("consents/", consents.consents, name="own_consents"),
]

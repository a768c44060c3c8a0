"""Addresses about the person's own account."""

from django.urls import path

from ivig_care.web.you import consents, log

urlpatterns = [
    path("log/", log.log, name="own_log"),
    path("consents/", consents.consents, name="own_consents"),
]

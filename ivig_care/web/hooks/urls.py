"""Addresses that providers report to."""

from django.urls import include, path

from ivig_care.web.hooks import mail, twilio

urlpatterns = [
    path("twilio/sms/", twilio.sms, name="hook_sms"),
    path("twilio/status/<int:pk>/", twilio.status, name="hook_status"),
    path("mail/", include(mail.hooks())),
]

"""Addresses of the set-up, one for each screen."""

from django.urls import path

from ivig_care.web.welcome import offers, practice, quiet, reached, settings, tested

urlpatterns = [
    path("", settings.welcome, name="welcome"),
    path("you/", settings.settings, name="welcome_you"),
    path("reach/", reached.reached, name="welcome_reach"),
    path("quiet/", quiet.quiet, name="welcome_quiet"),
    path("test/", tested.tested, name="welcome_test"),
    path("test/live/", tested.live, name="welcome_test_live"),
    path("try/", practice.practice, name="welcome_try"),
    path("done/", offers.offers, name="welcome_done"),
]

"""Addresses for how people are reached."""

from django.urls import path

from ivig_care.web.reach import browsers, contact_points, page, preferences

urlpatterns = [
    path("reach/", page.reach, name="reach"),
    path("reach/add/", contact_points.add, name="reach_add"),
    path("reach/browsers/", browsers.add, name="reach_browser_add"),
    path("reach/quiet-hours/", preferences.quiet_hours, name="reach_quiet_hours"),
    path("reach/links/revoke/", preferences.revoke_links, name="reach_revoke_links"),
    path("reach/told/<int:pk>/", preferences.told, name="reach_told"),
    path("reach/duty/<int:pk>/", preferences.duty, name="reach_duty"),
    path("reach/<int:pk>/code/", contact_points.code, name="reach_code"),
    path("reach/<int:pk>/verify/", contact_points.verify, name="reach_verify"),
    path("reach/<int:pk>/on/", contact_points.on, name="reach_on"),
    path("reach/<int:pk>/off/", contact_points.off, name="reach_off"),
    path("reach/<int:pk>/up/", contact_points.up, name="reach_up"),
    path("reach/<int:pk>/down/", contact_points.down, name="reach_down"),
    path("reach/<int:pk>/test/", contact_points.test, name="reach_test"),
]

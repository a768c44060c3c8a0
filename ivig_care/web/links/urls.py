"""Addresses that stand in messages: their token says whose they are, so nobody signs in."""

from django.urls import path

from ivig_care.web.links import steps, stop

urlpatterns = [
    path("<str:token>/", steps.page, name="link"),
    path("<str:token>/done/", steps.done, name="link_done"),
    path("<str:token>/skip/", steps.skip, name="link_skip"),
    path("<str:token>/later/", steps.later, name="link_later"),
    path("<str:token>/undo/", steps.undo, name="link_undo"),
    path("<str:token>/opened/", steps.opened, name="link_opened"),
    path("<str:token>/stop/", stop.stop, name="link_stop"),
]

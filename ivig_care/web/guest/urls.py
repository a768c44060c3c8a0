"""Addresses of guests: the secret in them, and the device that it is bound to, say what they open."""

from django.urls import path

from ivig_care.web.guest import views

urlpatterns = [
    path("<str:secret>/", views.page, name="guest"),
    path("<str:secret>/name/", views.name, name="guest_name"),
    path("<str:secret>/done/", views.done, name="guest_done"),
    path("<str:secret>/skip/", views.skip, name="guest_skip"),
    path("<str:secret>/undo/", views.undo, name="guest_undo"),
]

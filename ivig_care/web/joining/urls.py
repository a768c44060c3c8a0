"""Addresses of invitations."""

from django.urls import path

from ivig_care.web.joining import views

urlpatterns = [
    path("", views.enter, name="invitation_enter"),
    path("<str:code>/", views.invitation, name="invitation"),
    path("<str:code>/accept/", views.accept, name="invitation_accept"),
]

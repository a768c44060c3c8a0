"""Addresses of what makes the site an app."""

from django.urls import path

from ivig_care.web.offline import ahead, views

urlpatterns = [
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("offline/", views.offline, name="offline"),
    path("offline/<slug:language>/", views.offline, name="offline_in"),
    path("queue/", views.queue, name="queue"),
    path("ahead/", ahead.ahead, name="ahead"),
]

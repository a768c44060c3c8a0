"""Addresses for machines that watch over this one."""

from django.urls import path

from ivig_care.web.ops import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics, name="metrics"),
]

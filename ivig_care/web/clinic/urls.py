"""Addresses for clinicians."""

from django.urls import path

urlpatterns: list = []

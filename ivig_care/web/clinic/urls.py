"""Addresses for clinicians."""

from django.urls import path

from ivig_care.web.clinic import changes, home, log, plans, reviews

urlpatterns = [
    path("", home.clinic, name="clinic"),
    path("log/", log.log, name="clinic_log"),
    path("children/<int:pk>/plans/new/", plans.new, name="plan_new"),
    path("plans/<int:pk>/", plans.edit, name="plan_edit"),
    path("plans/<int:pk>/preview/", plans.preview, name="plan_preview"),
    path("plans/<int:pk>/activate/", plans.activate, name="plan_activate"),
    path("infusions/<int:pk>/change/", changes.change, name="infusion_change"),
    path("infusions/<int:pk>/cancel/", changes.cancel, name="infusion_cancel"),
    path("infusions/<int:pk>/messages/", changes.history, name="clinic_messages"),
    path("infusions/<int:pk>/review/", reviews.review, name="infusion_review"),
    path("infusions/<int:pk>/review/sign/", reviews.sign, name="review_sign"),
    path("infusions/<int:pk>/review/amend/", reviews.amend, name="review_amend"),
]

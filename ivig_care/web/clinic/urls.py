"""Addresses for clinicians."""

from django.urls import path

from ivig_care.web.clinic import changes, children, concerns, home, log, plans, reviews, staff

urlpatterns = [
    path("", home.clinic, name="clinic"),
    path("<int:pk>/children/new/", children.new, name="child_new"),
    path("<int:pk>/code/", children.code, name="clinic_code"),
    path("<int:pk>/staff/", staff.staff, name="staff"),
    path("<int:pk>/staff/invite/", staff.invite, name="staff_invite"),
    path("<int:pk>/staff/invitations/<int:invitation>/end/", staff.invitation_end, name="staff_invitation_end"),
    path("<int:pk>/staff/places/<int:place>/end/", staff.place, name="staff_place_end"),
    path("children/<int:pk>/invite/", children.invite, name="family_invite"),
    path("log/", log.log, name="clinic_log"),
    path("children/<int:pk>/invitations/<int:invitation>/end/", children.invitation_end, name="family_invitation_end"),
    path("children/<int:pk>/plans/new/", plans.new, name="plan_new"),
    path("plans/<int:pk>/", plans.edit, name="plan_edit"),
    path("plans/<int:pk>/preview/", plans.preview, name="plan_preview"),
    path("plans/<int:pk>/activate/", plans.activate, name="plan_activate"),
    path("infusions/<int:pk>/concerns/", concerns.answer, name="concerns"),
    path("infusions/<int:pk>/change/", changes.change, name="infusion_change"),
    path("infusions/<int:pk>/cancel/", changes.cancel, name="infusion_cancel"),
    path("infusions/<int:pk>/messages/", changes.history, name="clinic_messages"),
    path("infusions/<int:pk>/review/", reviews.review, name="infusion_review"),
    path("infusions/<int:pk>/review/sign/", reviews.sign, name="review_sign"),
    path("infusions/<int:pk>/review/amend/", reviews.amend, name="review_amend"),
]

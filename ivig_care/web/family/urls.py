"""Addresses for the people around a child."""

from django.urls import path

from ivig_care.web.family import (
    checklists,
    days,
    erase,
    export,
    handout,
    home,
    log,
    messages,
    outbox,
    steps,
    team,
    together,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("handout/", handout.handout, name="handout"),
    path("join/<str:code>/", team.poster, name="clinic_poster"),
    path("children/<int:pk>/team/", team.team, name="child_team"),
    path("children/<int:pk>/invite/", team.invite, name="team_invite"),
    path("children/<int:pk>/invitations/<int:invitation>/end/", team.invitation_end, name="team_invitation_end"),
    path("children/<int:pk>/places/<int:place>/end/", team.place, name="team_place_end"),
    path("children/<int:pk>/guests/", team.guest, name="guest_make"),
    path("children/<int:pk>/guests/<int:link>/end/", team.guest_end, name="guest_end"),
    path("children/<int:pk>/clinics/join/", team.clinic_join, name="clinic_join"),
    path("children/<int:pk>/clinics/<int:clinic>/agree/", team.clinic_agree, name="clinic_agree"),
    path("children/<int:pk>/clinics/<int:clinic>/end/", team.clinic_leave, name="clinic_leave"),
    path("children/<int:pk>/log/", log.log, name="child_log"),
    path("children/<int:pk>/export/", export.export, name="child_export"),
    path("children/<int:pk>/erase/", erase.erase, name="child_erase"),
    path("infusions/<int:pk>/", checklists.checklist, name="checklist"),
    path("infusions/<int:pk>/live/", checklists.checklist_live, name="checklist_live"),
    path("infusions/<int:pk>/messages/", messages.history, name="messages"),
    path("infusions/<int:pk>/tick/", together.tick, name="steps_tick"),
    path("infusions/<int:pk>/undo/", together.undo, name="steps_undo"),
    path("steps/<int:pk>/tick/", steps.tick, name="step_tick"),
    path("steps/<int:pk>/skip/", steps.skip, name="step_skip"),
    path("steps/<int:pk>/undo/", steps.undo, name="step_undo"),
    path("steps/<int:pk>/note/", steps.note, name="step_note"),
    path("infusion-days/<int:pk>/start/", days.start, name="day_start"),
    path("infusion-days/<int:pk>/end/", days.end, name="day_end"),
    path("infusion-days/<int:pk>/undo/", days.undo, name="day_undo"),
]

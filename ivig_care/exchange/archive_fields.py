"""What is in the archive of a child, field by field and column by column, and what is not, with the reason."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

# What is written of each kind of row. The order is that of the files.
FIELDS: dict[str, tuple[str, ...]] = {
    "care_teams.Child": ("id", "given_name", "family_name", "born_on", "zone", "clinic"),
    "care_teams.Membership": ("user", "role", "told", "created_at"),
    "care_teams.ClinicLink": (*("clinic", "offered_at", "agreed_at", "agreed_by", "withdrawn_at", "withdrawn_by"),),
    "care_teams.Invitation": (
        *("role", "name", "created_by", "created_at", "expires_at", "accepted_at", "accepted_by", "revoked_at"),
    ),
    "care_teams.GuestLink": (
        *("infusion", "label", "person", "may_record", "until", "created_by", "created_at", "bound_at", "revoked_at"),
    ),
    "care_teams.Duty": ("user", "starts_at", "ends_at", "created_at"),
    "care_teams.Consent": (
        *("person", "purpose", "channel", "contact_point", "clinic", "words", "agreed_at", "withdrawn_at"),
    ),
    "care_teams.Erasure": (*("asked_by", "asked_at", "due_at", "taken_back_at", "taken_back_by", "done_at"),),
    "care_teams.ErasureAgreement": ("guardian", "at"),
    "care_teams.AuditEvent": ("number", "at", "who", "role", "verb", "about", "about_id", "detail"),
    "plans.Plan": (
        *("id", "version", "status", "prescribed_by", "clinic", "created_at", "activated_at", "product"),
        *("dose_g_per_kg", "weight_kg", "weighed_on", "has_risk", "has_premedication", "premedication_minutes_before"),
        *("premedication_by", "has_course", "has_fluid_limit", "fluids_goal_ml", "fluids_hours_after"),
    ),
    "plans.PlanRate": ("position", "ml_per_kg_h", "minutes"),
    "plans.PlanMedicine": (
        *("use", "ingredient", "name", "mg", "mg_per_ml", "every_hours", "first", "until_hours", "may_wake"),
        *("purpose", "most_in_24h"),
    ),
    "plans.Infusion": ("id", "plan", "zone", "closed_at", "briefed_at", "next_briefing_at", "sent_at", "sent_by"),
    "plans.ChangesSeen": ("by", "at"),
    "plans.InfusionDay": ("id", "number", "planned_start", "actual_start", "actual_end", "cancelled_at"),
    "plans.InfusionDayEvent": ("kind", "at", "entered_at", "by"),
    "plans.RateEntry": ("ml_h", "is_new_lot", "at", "entered_at", "by", "taken_back_at"),
    "plans.ProductLot": (
        *("product", "brand", "lot", "expires_on", "grams", "at", "entered_at", "by", "taken_back_at"),
    ),
    "plans.BriefingAnswer": ("question", "is_yes", "note", "at", "by"),
    "plans.Step": (
        *("id", "slot", "kind", "actor", "title", "why", "follows", "day_number", "ingredient", "medicine_name"),
        *("mg", "mg_per_ml", "goal_ml", "opens_at", "due_at", "late_at", "closes_at", "state", "said_at", "said_by"),
        *("skip_reason", "is_nudged", "nudge_lead_minutes", "nudge_repeat_minutes", "nudge_repeats"),
        *("nudge_second_minutes", "nudge_clinic_minutes", "may_wake", "nudged_at", "next_nudge_at"),
        *("snoozed_until", "snoozes"),
    ),
    "plans.StepEvent": ("kind", "at", "entered_at", "by", "reason", "note"),
    "plans.Dose": (
        *("id", "step", "ingredient", "medicine_name", "mg", "given_at", "entered_at", "entered_by", "reason"),
        *("by_clinic", "taken_back_at"),
    ),
    "diary.Cup": ("name", "ml"),
    "diary.FluidEntry": ("kind", "ml", "cup", "at", "entered_at", "by", "taken_back_at"),
    "diary.SymptomReport": (
        *("id", "trend", "note", "takes_steroid", "level", "rule", "words", "at", "entered_at", "by", "taken_back_at"),
    ),
    "diary.SymptomNamed": ("symptom", "severity", "score", "is_persistent", "since", "is_gone"),
    "diary.TemperatureReading": ("celsius", "method"),
    "reviews.Concern": ("kind", "level", "report", "day", "words", "raised_at", "raised_by", "answered_at"),
    "reviews.ConcernAnswer": ("words", "by", "at"),
    "reviews.Review": ("status", "opened_at", "note", "next_time", "signed_by", "signed_at", "clinic"),
    "reviews.ReviewAmendment": ("note", "by", "at"),
    "nudges.Delivery": (
        *("id", "person", "contact_point", "kind", "purpose", "briefing_on", "status", "reason", "created_at"),
        *(
            "owed_at",
            "expires_at",
            "tries",
            "is_possible_repeat",
            "sent_at",
            "delivered_at",
            "opened_at",
            "answered_at",
        ),
    ),
    "nudges.DeliveryAttempt": ("contact_point", "at", "outcome", "detail"),
    "nudges.InboundMessage": ("contact_point", "body", "at", "understood", "answer"),
}
# And what is not, with the reason.
_INSIDE = "says which row it is inside of"
_KEY = "the row's own number, which nothing else refers to"
_ENGINE = "how the sending is organised, not what was sent"
LEFT_OUT: dict[str, dict[str, str]] = {
    "care_teams.Membership": {"id": _KEY, "child": _INSIDE, "clinic": "none, for a family"},
    "care_teams.ClinicLink": {"id": _KEY, "child": _INSIDE},
    "care_teams.Invitation": {
        "id": _KEY,
        "child": _INSIDE,
        "clinic": "none, for a family",
        "code_hash": "a secret",
        "email": "somebody else's address",
        "wrong_years": "guards the code",
    },
    "care_teams.GuestLink": {"id": _KEY, "child": _INSIDE, "secret_hash": "a secret", "device_hash": "a secret"},
    "care_teams.Duty": {"id": _KEY, "child": _INSIDE},
    "care_teams.Consent": {"id": _KEY, "child": _INSIDE},
    "care_teams.Erasure": {"id": _KEY, "child": _INSIDE},
    "care_teams.ErasureAgreement": {"id": _KEY, "erasure": _INSIDE},
    "care_teams.AuditEvent": {
        "id": _KEY,
        "subject": _INSIDE,
        "child": _INSIDE,
        "clinic": "none, in a child's log",
        "actor": "named by `who`",
        "digest": "a seal, of no use without its key",
    },
    "plans.Plan": {"child": _INSIDE},
    "plans.PlanRate": {"id": _KEY, "plan": _INSIDE},
    "plans.PlanMedicine": {"id": _KEY, "plan": _INSIDE},
    "plans.Infusion": {"revision": "counts changes, for pages that refresh themselves"},
    "plans.InfusionDay": {"infusion": _INSIDE},
    "plans.InfusionDayEvent": {"id": _KEY, "day": _INSIDE},
    "plans.RateEntry": {"id": _KEY, "day": _INSIDE},
    "plans.ProductLot": {"id": _KEY, "day": _INSIDE},
    "plans.BriefingAnswer": {"id": _KEY, "day": _INSIDE},
    "plans.ChangesSeen": {"id": _KEY, "infusion": _INSIDE},
    "plans.Step": {"infusion": _INSIDE},
    "plans.StepEvent": {"id": _KEY, "step": _INSIDE},
    "plans.Dose": {"child": _INSIDE},
    "diary.Cup": {"id": _KEY, "child": _INSIDE},
    "diary.FluidEntry": {"id": _KEY, "infusion": _INSIDE},
    "diary.SymptomReport": {"infusion": _INSIDE},
    "diary.SymptomNamed": {"id": _KEY, "report": _INSIDE},
    "diary.TemperatureReading": {"id": _KEY, "report": _INSIDE},
    "reviews.Concern": {"id": _KEY, "infusion": _INSIDE, "about": "keeps the same thing from being said twice"},
    "reviews.ConcernAnswer": {"id": _KEY, "concern": _INSIDE},
    "reviews.Review": {"id": _KEY, "infusion": _INSIDE},
    "reviews.ReviewAmendment": {"id": _KEY, "review": _INSIDE},
    "nudges.Delivery": {
        **dict.fromkeys(("occasion", "next_attempt_at", "leased_until", "lease", "begun_at", "link_until"), _ENGINE),
        "infusion": "named by its steps; a message may be about several children",
        "steps": "as step_ids, of this child alone",
    },
    "nudges.DeliveryAttempt": {"id": _KEY, "delivery": _INSIDE, "provider_id": "a provider's own number"},
    "nudges.InboundMessage": {
        "id": _KEY,
        "delivery": _INSIDE,
        "provider_id": "a provider's own number",
        "sender": "the address of `contact_point`",
    },
}
# Kinds of rows that hang on a child and are in no file by themselves.
NOT_IN: dict[str, str] = {"nudges.DeliveryStep": "as step_ids of each message in messages.json"}

DOSE_COLUMNS = {
    "dose_id": (gettext_lazy("Number of the dose in infusions.json"), ""),
    "infusion_id": (gettext_lazy("Number of the infusion"), ""),
    "step_id": (gettext_lazy("Number of the step that it was ticked as"), ""),
    "ingredient": (gettext_lazy("The ingredient that is counted"), ""),
    "medicine": (gettext_lazy("The name on the box, if it was given"), ""),
    "mg": (gettext_lazy("How much; blank is unknown, never none"), "mg"),
    "given_at": (gettext_lazy("When it was given"), "instant"),
    "given_at_local": (gettext_lazy("The same, on the clock where the child lives"), "local time"),
    "entered_at": (gettext_lazy("When it was written down"), "instant"),
    "entered_by": (gettext_lazy("Who wrote it down"), ""),
    "reason": (gettext_lazy("Why it was given before its time, if it was"), ""),
    "by_clinic": (gettext_lazy("yes if a nurse gave it"), ""),
    "taken_back_at": (gettext_lazy("When it was undone as a mistake; such a dose was not given"), "instant"),
}
STEP_COLUMNS = {
    "step_id": (gettext_lazy("Number of the step in infusions.json"), ""),
    "infusion_id": (gettext_lazy("Number of the infusion"), ""),
    "day": (gettext_lazy("Number of the infusion day that it belongs to; blank for none"), ""),
    "title": (gettext_lazy("What was to be done"), ""),
    "kind": (gettext_lazy("What sort of thing it is"), ""),
    "by": (gettext_lazy("Whose task it is: family or clinic"), ""),
    "ingredient": (gettext_lazy("The ingredient, if it is a medicine"), ""),
    "medicine": (gettext_lazy("The name on the box, if it was given"), ""),
    "mg": (gettext_lazy("How much was to be given; blank is not prescribed"), "mg"),
    "due_at": (gettext_lazy("When it was due"), "instant"),
    "due_at_local": (gettext_lazy("The same, on the clock where the child lives"), "local time"),
    "closes_at": (gettext_lazy("Until when it could be done"), "instant"),
    "state": (gettext_lazy("open, done, skipped, missed or withdrawn; see README.txt. Nothing blank means done"), ""),
    "said_at": (gettext_lazy("When it was done or skipped, as somebody said"), "instant"),
    "said_by": (gettext_lazy("Who said so"), ""),
    "skip_reason": (gettext_lazy("Why it was skipped, if it was"), ""),
}

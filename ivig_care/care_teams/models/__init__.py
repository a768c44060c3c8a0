"""Clinics, children, the people around them, how they come in, what they agreed to, and the log of what they did."""

from ivig_care.care_teams.models.audit import AuditChain, AuditEvent
from ivig_care.care_teams.models.clinics import Child, Clinic, ClinicLink
from ivig_care.care_teams.models.consents import Consent
from ivig_care.care_teams.models.erasures import Erasure, ErasureAgreement
from ivig_care.care_teams.models.sharing import GuestLink, Invitation
from ivig_care.care_teams.models.teams import OF_CHILD, OF_CLINIC, Duty, Membership, Role, Told

__all__ = [
    "OF_CHILD",
    "OF_CLINIC",
    "AuditChain",
    "AuditEvent",
    "Child",
    "Clinic",
    "ClinicLink",
    "Consent",
    "Duty",
    "Erasure",
    "ErasureAgreement",
    "GuestLink",
    "Invitation",
    "Membership",
    "Role",
    "Told",
]

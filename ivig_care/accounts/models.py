"""People who sign in, where they can be reached, and how they want to be nudged."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from ivig_care.common import clock
from ivig_care.regimen.timing import QuietHours, zone_named


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who signs in with this address; without a password they cannot sign in yet."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person: parent, other caregiver or clinician. What they may see is decided by their memberships alone."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def zone(self) -> ZoneInfo:
        """Where the person lives, as far as it is known; else UTC."""
        preference = NudgePreference.objects.filter(user=self).first()
        return zone_named(preference.zone if preference else "UTC")


class ContactPoint(models.Model):
    """An address or number at which a person agreed to be nudged. Used only while it is verified, agreed and on."""

    class Kind(models.TextChoices):
        EMAIL = "email", "e-mail"
        SMS = "sms", "text message"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind)
    address = models.CharField(max_length=254)
    verified_at = models.DateTimeField(null=True, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "address"], name="contact_point_once_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.address}"

    @property
    def is_usable(self) -> bool:
        """Whether a message may go there now."""
        return self.verified_at is not None and self.consented_at is not None and self.disabled_at is None


class NudgePreference(models.Model):
    """When a person wants to be left in peace. The zone is where the person sleeps."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="nudge_preference")
    zone = models.CharField(max_length=64)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"nudge preference of {self.user}"

    @property
    def quiet_hours(self) -> QuietHours | None:
        """The quiet hours, if both ends are set."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return QuietHours(self.quiet_from, self.quiet_until)

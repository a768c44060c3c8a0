"""People who sign in, where they can be reached, and how they want to be nudged."""

from __future__ import annotations

from datetime import time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from ivig_care.common import clock
from ivig_care.common.prepared import MOST_KEY, Prepared
from ivig_care.regimen.timing import QuietHours, zone_named


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def get(self, *args: Any, **kwargs: Any) -> User:
        """One person, as anywhere in Django; by key alone, as every request asks, with words worked out once."""
        if args or kwargs.keys() != {"pk"} or not isinstance(kwargs["pk"], int) or kwargs["pk"] > MOST_KEY:
            return super().get(*args, **kwargs)
        found = _BY_KEY.first(kwargs["pk"], using=self.db)
        if found is None:
            raise self.model.DoesNotExist
        return found

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who signs in with this address; without a password they cannot sign in yet."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person: parent, other caregiver or clinician. What they may see is decided by their memberships alone.

    `language` empty follows the browser. The units are those in which the person is shown drinks and temperatures.
    `setting_up` is the screen of the set-up where they go on; empty when they are through, or never began.
    A guest is somebody whom the record names and who has no account: no real address, no password, never active.
    """

    class Drinks(models.TextChoices):
        ML = "mL", gettext_lazy("millilitres (mL)")
        OZ = "oz", gettext_lazy("fluid ounces (oz)")

    class Degrees(models.TextChoices):
        CELSIUS = "C", "°C"
        FAHRENHEIT = "F", "°F"

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    is_guest = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    language = models.CharField(max_length=10, blank=True)
    drinks_in = models.CharField(max_length=2, choices=Drinks, default=Drinks.ML)
    degrees_in = models.CharField(max_length=1, choices=Degrees, default=Degrees.CELSIUS)
    setting_up = models.CharField(max_length=10, blank=True)

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


_BY_KEY: Prepared[User] = Prepared(lambda key: User.objects.filter(pk=key))


class ContactPointQuerySet(QuerySet["ContactPoint"]):
    """Ways to reach people."""

    def usable(self) -> ContactPointQuerySet:
        """Those to which a message may go now."""
        return self.filter(verified_at__isnull=False, consented_at__isnull=False, disabled_at__isnull=True)

    def kept(self) -> ContactPointQuerySet:
        """All but those that a person gave up before they were proved."""
        return self.exclude(verified_at__isnull=True, disabled_at__isnull=False)

    def in_order(self) -> ContactPointQuerySet:
        """In the order in which they are tried."""
        return self.order_by("rank", "pk")


class ContactPoint(models.Model):
    """A way to reach a person that they agreed to. Used only while it is verified, agreed to and on.

    A message goes to the one with the lowest `rank`, and falls back to the next when that one cannot be reached. For a
    browser the address is where its push service takes messages, and `push_key` and `push_secret` are what they are
    encrypted with. Until it is verified, a code is on its way, of which only the hash is kept.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", gettext_lazy("e-mail")
        SMS = "sms", gettext_lazy("text message")
        PUSH = "push", gettext_lazy("notification")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind)
    address = models.CharField(max_length=600)
    label = models.CharField(max_length=60, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    push_key = models.CharField(max_length=120, blank=True)
    push_secret = models.CharField(max_length=60, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    code_hash = models.CharField(max_length=128, blank=True)
    code_sent_at = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["rank", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "address"], name="contact_point_once_per_person")
        ]
        indexes: ClassVar = [
            # Read by actions.replies for every text that comes in, and by receipts of e-mail providers.
            models.Index(fields=["kind", "address"], name="contact_point_address")
        ]

    def __str__(self) -> str:
        if self.kind == self.Kind.PUSH:
            return self.label or "this browser"
        return f"{self.get_kind_display()} {self.address}"

    @property
    def is_usable(self) -> bool:
        """Whether a message may go there now."""
        return self.verified_at is not None and self.consented_at is not None and self.disabled_at is None


class NudgePreference(models.Model):
    """When a person wants to be left in peace. The zone is where the person sleeps.

    Links in messages from before `links_valid_from` no longer open anything.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="nudge_preference")
    zone = models.CharField(max_length=64)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    links_valid_from = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"nudge preference of {self.user}"

    @property
    def quiet_hours(self) -> QuietHours | None:
        """The quiet hours, if both ends are set."""
        return quiet_hours(self.quiet_from, self.quiet_until)


def language_spoken(chosen: str) -> str:
    """The language in which we write to somebody who chose this one; nobody's browser is there to ask."""
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def quiet_hours(begins: time | None, ends: time | None) -> QuietHours | None:
    """The quiet hours between the two, if both are set."""
    return None if begins is None or ends is None else QuietHours(begins, ends)


class SentEntry(models.Model):
    """What a form did that a device sent with a key of its own: sent again, it is answered alike and does nothing.

    A device that lost the answer, or that waited for a signal, does not know whether its entry arrived. `words` is what
    the person was told, and `to` where the answer led. Kept as long as a device may still ask, see
    actions/retention.py.
    """

    class Status(models.TextChoices):
        RECORDED = "recorded", gettext_lazy("recorded")
        CONFLICT = "conflict", gettext_lazy("somebody had said it before; nothing was added")

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sent_entries")
    key = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.RECORDED)
    words = models.TextField(blank=True)
    to = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "key", "path"], name="sent_entry_once_per_person")
        ]
        indexes: ClassVar = [
            # Read by actions.retention every hour.
            models.Index(fields=["at"], name="sent_entry_at")
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.status}"

"""A signed review stays as it was signed, and so does what was added to it. See common/append_only.py."""

from django.db import migrations

from ivig_care.common.append_only import ERASABLE, append_only


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0001_initial"),
        ("care_teams", "0006_erasures_and_seals"),
    ]

    operations = [
        append_only("reviews_review", ERASABLE, when="OLD.status = 'signed'"),
        append_only("reviews_reviewamendment", ERASABLE),
    ]

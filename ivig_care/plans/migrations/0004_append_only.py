"""What happened stays as it was written; a dose can be taken back, once. See common/append_only.py."""

from django.db import migrations

from ivig_care.common.append_only import ERASABLE, append_only


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0003_fewer_indexes"),
        ("care_teams", "0006_erasures_and_seals"),
    ]

    operations = [
        append_only("plans_stepevent", ERASABLE),
        append_only("plans_infusiondayevent", ERASABLE),
        append_only("plans_dose", ERASABLE, "set taken_back_at"),
    ]

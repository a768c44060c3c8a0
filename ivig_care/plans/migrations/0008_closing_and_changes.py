"""The checklist is sent to the clinic before it closes; who has seen what changes. See common/append_only.py."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ivig_care.common.append_only import ERASABLE, append_only


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0006_parents_phone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChangesSeen",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "changes seen",
                "ordering": ["at", "id"],
            },
        ),
        migrations.AddField(
            model_name="infusion",
            name="sent_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="infusion",
            name="sent_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="infusion",
            index=models.Index(
                condition=models.Q(("sent_by__isnull", False)), fields=["sent_by"], name="infusion_sent_by"
            ),
        ),
        migrations.AddConstraint(
            model_name="infusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at__isnull", True), ("sent_by__isnull", True)),
                    models.Q(("sent_at__isnull", False), ("sent_by__isnull", False)),
                    _connector="OR",
                ),
                name="infusion_sent_by_somebody_at_some_time",
            ),
        ),
        migrations.AddField(
            model_name="changesseen",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="changesseen",
            name="infusion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="changes_seen", to="plans.infusion"
            ),
        ),
        migrations.AddConstraint(
            model_name="changesseen",
            constraint=models.UniqueConstraint(fields=("infusion", "by"), name="changes_seen_once"),
        ),
        append_only("plans_changesseen", ERASABLE),
    ]

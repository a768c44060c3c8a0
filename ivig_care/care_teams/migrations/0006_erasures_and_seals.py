"""A chain's end is sealed, a clinic says how long it keeps a record, families can have theirs erased.

And what is written in the log or agreed to stays as it is; see common/append_only.py.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ivig_care.common.append_only import ERASABLE, FOR_EVER, append_only, function_make


class Migration(migrations.Migration):
    dependencies = [
        ("care_teams", "0005_code_of_every_clinic"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="auditchain",
            name="seal",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="clinic",
            name="record_kept_years",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="erasures", to="care_teams.child"
                    ),
                ),
                (
                    "taken_back_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["asked_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ErasureAgreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "erasure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="agreements", to="care_teams.erasure"
                    ),
                ),
                (
                    "guardian",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at__isnull", True), ("taken_back_at__isnull", True)),
                fields=("child",),
                name="erasure_open_once_per_child",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken_back_at__isnull", True), ("done_at__isnull", True), _connector="OR"),
                name="erasure_taken_back_or_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasureagreement",
            constraint=models.UniqueConstraint(fields=("erasure", "guardian"), name="erasure_agreed_once_by_each"),
        ),
        function_make(),
        append_only("care_teams_auditevent", FOR_EVER),
        append_only("care_teams_consent", ERASABLE, "set withdrawn_at", "clear contact_point_id"),
    ]

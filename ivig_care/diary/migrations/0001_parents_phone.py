"""What a child drank, and how it was. Append-only: see common/append_only.py."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ivig_care.common.append_only import ERASABLE, append_only


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("care_teams", "0007_wrong_years"),
        ("plans", "0005_for_which_clinic"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SymptomReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "trend",
                    models.CharField(
                        blank=True,
                        choices=[("better", "better"), ("same", "the same"), ("worse", "worse")],
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                (
                    "level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("emergency", "emergency"),
                            ("call now", "call now"),
                            ("office hours", "office hours"),
                            ("next visit", "next visit"),
                        ],
                        max_length=20,
                    ),
                ),
                ("rule", models.CharField(blank=True, max_length=60)),
                ("words", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                ("entered_at", models.DateTimeField()),
                ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "infusion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="plans.infusion"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="TemperatureReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("celsius", models.DecimalField(decimal_places=2, max_digits=4)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("oral", "oral"),
                            ("underarm", "underarm"),
                            ("rectal", "rectal"),
                            ("ear", "ear"),
                            ("forehead", "forehead"),
                            ("unknown", "unknown"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="temperatures",
                        to="diary.symptomreport",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Cup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("ml", models.PositiveSmallIntegerField()),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="cups", to="care_teams.child"
                    ),
                ),
            ],
            options={
                "ordering": ["ml", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("child", "name"), name="cup_name_once_per_child"),
                    models.CheckConstraint(condition=models.Q(("ml__gt", 0)), name="cup_holds_something"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FluidEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("water", "water"),
                            ("electrolyte drink", "electrolyte drink"),
                            ("other drink", "other drink"),
                            ("IV bolus", "IV bolus"),
                        ],
                        max_length=20,
                    ),
                ),
                ("ml", models.PositiveSmallIntegerField()),
                ("cup", models.CharField(blank=True, max_length=40)),
                ("at", models.DateTimeField()),
                ("entered_at", models.DateTimeField()),
                ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "infusion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="fluids", to="plans.infusion"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("ml__gt", 0)), name="fluid_entry_is_something")
                ],
            },
        ),
        migrations.CreateModel(
            name="SymptomNamed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "symptom",
                    models.CharField(
                        choices=[
                            ("headache", "headache"),
                            ("stiff neck", "stiff neck"),
                            ("light sensitivity", "light sensitivity"),
                            ("painful eye movement", "painful eye movement"),
                            ("drowsiness or confusion", "drowsiness or confusion"),
                            ("fever", "fever"),
                            ("chills or shaking", "chills or shaking"),
                            ("nausea", "nausea"),
                            ("vomiting", "vomiting"),
                            ("stomach pain", "stomach pain"),
                            ("rash", "rash"),
                            ("hives", "hives"),
                            ("itch", "itch"),
                            (
                                "swelling of the face, lips, tongue or throat",
                                "swelling of the face, lips, tongue or throat",
                            ),
                            ("hoarseness", "hoarseness"),
                            ("wheeze", "wheeze"),
                            ("trouble breathing", "trouble breathing"),
                            ("chest pain or tightness", "chest pain or tightness"),
                            ("fast heartbeat", "fast heartbeat"),
                            ("dizziness or faintness", "dizziness or faintness"),
                            ("paleness", "paleness"),
                            ("blue lips", "blue lips"),
                            ("flushing", "flushing"),
                            ("back, joint or muscle pain", "back, joint or muscle pain"),
                            ("tiredness", "tiredness"),
                            (
                                "pain, swelling, warmth or colour change of an arm or leg",
                                "pain, swelling, warmth or colour change of an arm or leg",
                            ),
                            ("weakness or numbness on one side", "weakness or numbness on one side"),
                            ("less urine", "less urine"),
                            ("sudden weight gain or leg swelling", "sudden weight gain or leg swelling"),
                            ("dark, brown or red urine", "dark, brown or red urine"),
                            ("yellow skin or eyes", "yellow skin or eyes"),
                            ("pain or redness where the IV was", "pain or redness where the IV was"),
                            ("tight throat", "tight throat"),
                            ("weakness", "weakness"),
                            ("collapse or seizure", "collapse or seizure"),
                            ("low oxygen reading", "low oxygen reading"),
                            ("very unwell or limp", "very unwell or limp"),
                            ("cannot take medicine or keep it down", "cannot take medicine or keep it down"),
                        ],
                        max_length=70,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        blank=True,
                        choices=[("mild", "mild"), ("moderate", "moderate"), ("severe", "severe")],
                        max_length=10,
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("is_persistent", models.BooleanField(blank=True, null=True)),
                ("since", models.DateTimeField(blank=True, null=True)),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="symptoms", to="diary.symptomreport"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("report", "symptom"), name="symptom_once_per_report"),
                    models.CheckConstraint(
                        condition=models.Q(("score__isnull", True), ("score__lte", 10), _connector="OR"),
                        name="symptom_score_to_ten",
                    ),
                ],
            },
        ),
        append_only("diary_fluidentry", ERASABLE, "set taken_back_at"),
        append_only("diary_symptomreport", ERASABLE, "set taken_back_at"),
        append_only("diary_symptomnamed", ERASABLE),
        append_only("diary_temperaturereading", ERASABLE),
    ]

"""What ran on an infusion day, what was answered the day before, medicines as needed. See common/append_only.py."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ivig_care.common.append_only import ERASABLE, append_only


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0005_for_which_clinic"),
        ("protocols", "0002_catalogue_values_with_sources"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="dose",
            name="by_clinic",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="planmedicine",
            name="most_in_24h",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="planmedicine",
            name="purpose",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AlterField(
            model_name="planmedicine",
            name="use",
            field=models.CharField(
                choices=[
                    ("premedication", "premedication"),
                    ("course", "course afterwards"),
                    ("as needed", "when needed"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="BriefingAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "question",
                    models.CharField(
                        choices=[
                            ("start", "Do you know when and where it starts?"),
                            ("well", "Is your child well: no fever, no vomiting, no new medicine?"),
                            ("weight", "Is the weight still about the same?"),
                            ("medicines", "Are all the medicines at home?"),
                            ("bag", "Is the bag packed?"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_yes", models.BooleanField()),
                ("note", models.CharField(blank=True, max_length=400)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "day",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="plans.infusionday"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ProductLot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("brand", models.CharField(max_length=60)),
                ("lot", models.CharField(max_length=40, verbose_name="lot number")),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("grams", models.DecimalField(blank=True, decimal_places=1, max_digits=5, null=True, verbose_name="g")),
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
                    "day",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lots", to="plans.infusionday"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="protocols.product",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
                "indexes": [models.Index(fields=["lot"], name="product_lot_number")],
            },
        ),
        migrations.CreateModel(
            name="RateEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ml_h", models.DecimalField(decimal_places=1, max_digits=6, verbose_name="mL/h")),
                ("is_new_lot", models.BooleanField(default=False)),
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
                    "day",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rates", to="plans.infusionday"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("ml_h__gte", 0)), name="rate_entry_not_below_zero")
                ],
            },
        ),
        append_only("plans_rateentry", ERASABLE, "set taken_back_at"),
        append_only("plans_productlot", ERASABLE, "set taken_back_at"),
        append_only("plans_briefinganswer", ERASABLE),
    ]

"""What waits is found in the order in which it leaves; indexes that nothing reads are not written any more."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def leases_end(apps, _schema_editor):
    """Whoever holds a lease is sending: that is a rule of the database from here on."""
    apps.get_model("nudges", "Delivery").objects.exclude(status="sending").exclude(lease="").update(lease="")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_nudges_that_arrive"),
        ("nudges", "0004_one_message_for_each_person"),
        ("plans", "0003_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_pending",
        ),
        migrations.AlterField(
            model_name="delivery",
            name="contact_point",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="accounts.contactpoint",
            ),
        ),
        migrations.AlterField(
            model_name="deliveryattempt",
            name="contact_point",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="accounts.contactpoint",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["kind", "next_attempt_at", "id"],
                name="delivery_waiting",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="DeliveryStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="nudges.delivery"),
                        ),
                        ("step", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="plans.step")),
                    ],
                    options={"db_table": "nudges_delivery_steps", "unique_together": {("delivery", "step")}},
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="steps",
                    field=models.ManyToManyField(
                        related_name="deliveries", through="nudges.DeliveryStep", to="plans.step"
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="deliverystep",
            name="delivery",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="nudges.delivery"),
        ),
        migrations.RunPython(leases_end, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("lease", ""), ("status", "sending"), _connector="OR"),
                name="delivery_leased_while_sending",
            ),
        ),
    ]

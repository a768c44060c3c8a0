"""What waits is found in the order in which it leaves; indexes that nothing reads are not written any more."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


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
    ]

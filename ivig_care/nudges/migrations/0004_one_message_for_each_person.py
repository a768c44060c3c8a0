import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OUTCOMES = [
    ("accepted", "taken by the provider"),
    ("passing", "not taken, to be tried again"),
    ("permanent", "refused for good"),
    ("unknown", "may have left"),
]


class Migration(migrations.Migration):
    dependencies = [("nudges", "0003_one_message_for_each_person")]

    operations = [
        migrations.RemoveConstraint(model_name="delivery", name="delivery_once_per_quarter"),
        migrations.RemoveField(model_name="delivery", name="quarter"),
        migrations.RemoveField(model_name="deliveryattempt", name="is_accepted"),
        migrations.AlterField(
            model_name="delivery",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(model_name="delivery", name="occasion", field=models.CharField(max_length=80)),
        migrations.AlterField(model_name="delivery", name="owed_at", field=models.DateTimeField()),
        migrations.AlterField(
            model_name="deliveryattempt", name="outcome", field=models.CharField(choices=OUTCOMES, max_length=10)
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("person", "occasion"), name="delivery_once_per_occasion"),
        ),
    ]

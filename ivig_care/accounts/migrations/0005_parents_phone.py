"""In which language and units a person is shown things."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_addresses_to_sign_in_with"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="degrees_in",
            field=models.CharField(choices=[("C", "°C"), ("F", "°F")], default="C", max_length=1),
        ),
        migrations.AddField(
            model_name="user",
            name="drinks_in",
            field=models.CharField(
                choices=[("mL", "millilitres (mL)"), ("oz", "fluid ounces (oz)")], default="mL", max_length=2
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(blank=True, max_length=10),
        ),
    ]

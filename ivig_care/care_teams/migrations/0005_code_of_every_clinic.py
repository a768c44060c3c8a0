from django.db import migrations, models

import ivig_care.common.secrets


class Migration(migrations.Migration):
    dependencies = [("care_teams", "0004_codes_and_links")]

    operations = [
        migrations.AlterField(
            model_name="clinic",
            name="join_code",
            field=models.CharField(default=ivig_care.common.secrets.code_make, max_length=12, unique=True),
        ),
    ]

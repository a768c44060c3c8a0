"""The table of the cache, which holds how often somebody has tried to sign in: shared by all processes."""

from django.core.management import call_command
from django.db import migrations


def table_make(_apps, schema_editor):
    call_command("createcachetable", "common_cache", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunPython(
            table_make,
            lambda _apps, schema_editor: schema_editor.execute("DROP TABLE IF EXISTS common_cache"),
        )
    ]

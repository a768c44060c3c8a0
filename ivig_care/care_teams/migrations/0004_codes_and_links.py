"""Every clinic gets its code. Every child stays visible to its clinic until a guardian agrees, or withdraws."""

from django.db import migrations

from ivig_care.common import clock
from ivig_care.common.secrets import code_make


def codes_and_links_write(apps, _schema_editor):
    for clinic in apps.get_model("care_teams", "Clinic").objects.filter(join_code__isnull=True):
        clinic.join_code = code_make()
        clinic.save(update_fields=["join_code"])
    ClinicLink, now = apps.get_model("care_teams", "ClinicLink"), clock.now()
    ClinicLink.objects.bulk_create(
        ClinicLink(child=child, clinic_id=child.clinic_id, offered_at=now)
        for child in apps.get_model("care_teams", "Child").objects.filter(clinic_links__isnull=True)
    )


class Migration(migrations.Migration):
    dependencies = [("care_teams", "0003_people_access_and_trust")]

    operations = [migrations.RunPython(codes_and_links_write, migrations.RunPython.noop)]

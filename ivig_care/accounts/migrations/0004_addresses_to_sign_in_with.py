"""Whoever is here was brought in by the operator, who vouches for the address: it becomes one to sign in with."""

from django.db import migrations


def addresses_make(apps, _schema_editor):
    User = apps.get_model("accounts", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    for user in User.objects.filter(is_guest=False).exclude(email="").order_by("pk").iterator():
        email = user.email.lower()
        # A name and address in capitals is the same person; two accounts that differ in nothing else stay as they are.
        if email != user.email and not User.objects.filter(email=email).exists():
            User.objects.filter(pk=user.pk).update(email=email)
        taken = EmailAddress.objects.filter(email=email, verified=True).exists()
        if not taken and not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_people_access_and_trust"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]
    operations = [migrations.RunPython(addresses_make, migrations.RunPython.noop)]

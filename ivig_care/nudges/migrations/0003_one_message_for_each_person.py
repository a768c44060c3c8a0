"""Deliveries were to one contact point in a quarter of an hour; now they are to one person on one occasion."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery


def fill(apps, _schema_editor):
    """Say of each delivery whose it is and what it was about; two of one person in one quarter stay two."""
    Delivery = apps.get_model("nudges", "Delivery")
    DeliveryAttempt = apps.get_model("nudges", "DeliveryAttempt")
    for delivery in Delivery.objects.select_related("contact_point").prefetch_related("steps").iterator(chunk_size=500):
        steps = list(delivery.steps.all())
        delivery.person_id, delivery.kind = delivery.contact_point.user_id, delivery.contact_point.kind
        delivery.occasion = f"{delivery.quarter:%Y-%m-%dT%H:%MZ} {delivery.contact_point_id}"
        delivery.owed_at = delivery.created_at
        delivery.infusion_id = steps[0].infusion_id if steps else None
        delivery.tries = delivery.attempts.count()
        delivery.save(update_fields=["person", "kind", "occasion", "owed_at", "infusion", "tries"])
    point = Delivery.objects.filter(pk=OuterRef("delivery")).values("contact_point")
    DeliveryAttempt.objects.update(contact_point=Subquery(point))
    DeliveryAttempt.objects.filter(is_accepted=True).update(outcome="accepted")
    refused = DeliveryAttempt.objects.filter(is_accepted=False)
    refused.update(outcome="passing")
    refused.filter(delivery__status="failed", delivery__reason=F("detail")).update(outcome="permanent")


class Migration(migrations.Migration):
    dependencies = [("nudges", "0002_nudges_that_arrive")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

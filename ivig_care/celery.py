"""The Celery application: pumps rows, holds no truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")

app = Celery("ivig_care")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["ivig_care.worker"])

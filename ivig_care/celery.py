"""The Celery application: pumps rows, holds no truth."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")

app = Celery("ivig_care")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["ivig_care.worker"])


@worker_process_init.connect
def _imports_freeze(**_signal: object) -> None:
    """What was imported stays for as long as the process does: looking for garbage in it takes a third of sending."""
    gc.freeze()

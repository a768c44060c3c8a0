"""The rows of the smallest site."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Row(models.Model):
    """One of the 40 rows of a list."""

    list_number = models.IntegerField(db_index=True)
    title = models.CharField(max_length=160)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Row]] = models.Manager()

    class Meta:
        ordering: ClassVar = ["due_at", "id"]

    def __str__(self) -> str:
        return self.title

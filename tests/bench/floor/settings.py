"""The settings of the smallest site; the database is used as ours uses its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from environs import Env

DEBUG = False
SECRET_KEY = "for this bench only, never anywhere else: 0123456789abcdef"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.bench.floor.urls"
WSGI_APPLICATION = "tests.bench.floor.wsgi.application"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.sessions", "tests.bench.floor"]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).resolve().parent / "templates"],
    }
]
DATABASES = {"default": dict(Env().dj_db_url("DATABASE_URL", conn_max_age=600, conn_health_checks=True))}

"""The WSGI application that a server such as gunicorn runs."""

import os

from django.core.wsgi import get_wsgi_application

from ivig_care.web.environ import sound_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")

application = sound_requests(get_wsgi_application())

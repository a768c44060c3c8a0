"""All settings, read once from the environment: typed, and loud about what is missing or wrong.

Nothing set: everything runs on this machine (SQLite, filesystem broker, messages in the on-screen outbox).
`DATABASE_URL` set: PostgreSQL, and the secrets must be given. Reference: docs/reference/settings.md.
"""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery.schedules import schedule
from csp.constants import NONE, SELF
from environs import Env

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR: Path = env.path("VAR_DIR", BASE_DIR / "var")

# --- One machine or many ----------------------------------------------------------------------

DATABASE_URL: str = env.str("DATABASE_URL", "")
REDIS_URL: str = env.str("REDIS_URL", "")
IS_EMBEDDED = not DATABASE_URL


def _embedded_secret() -> str:
    """A secret of this machine, made on the first run and kept under var/."""
    path = VAR_DIR / "secret-key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64), encoding="ascii")
    return path.read_text(encoding="ascii")


# What stands in examples everywhere, and in ours: whoever copies it has no secret.
_NO_SECRETS = ("django-insecure", "changeme", "change-me", "change_me", "secret-key", "secret_key", "example")
_SHORTEST_SECRET = 50
_LEAST_SIGNS = 12


def _checked(name: str, value: str) -> str:
    """A secret that is none is worse than no secret: nobody would look for another."""
    if len(value) < _SHORTEST_SECRET or len(set(value)) < _LEAST_SIGNS:
        raise ValueError(f"{name} is too short or too simple: expected at least {_SHORTEST_SECRET} random signs")
    if any(word in value.lower() for word in _NO_SECRETS):
        raise ValueError(f"{name} is out of an example: anybody knows it. Make a random one of your own")
    return value


# Never on: an error page with all settings is no answer to anybody.
DEBUG = False
SECRET_KEY: str = env.str("SECRET_KEY", "")
if not SECRET_KEY and not IS_EMBEDDED:
    raise ValueError("DATABASE_URL is set, so SECRET_KEY must be set too: a long random text, the same everywhere")
SECRET_KEY = _checked("SECRET_KEY", SECRET_KEY) if SECRET_KEY else _embedded_secret()
# Seals the log of who did what. Of its own, because SECRET_KEY may be changed and the seals must stay readable.
AUDIT_KEY: str = env.str("AUDIT_KEY", "")
AUDIT_KEY = _checked("AUDIT_KEY", AUDIT_KEY) if AUDIT_KEY else SECRET_KEY

# --- Where the site is reached ----------------------------------------------------------------

PUBLIC_URL: str = env.str("PUBLIC_URL", "").rstrip("/")
if not PUBLIC_URL and not IS_EMBEDDED:
    raise ValueError("DATABASE_URL is set, so PUBLIC_URL must be set too: where people reach the site")
PUBLIC_URL = PUBLIC_URL or f"http://127.0.0.1:{env.int('PORT', 8000)}"
_public = urlsplit(PUBLIC_URL)
if _public.scheme not in ("http", "https") or not _public.hostname:
    raise ValueError(f"PUBLIC_URL is {PUBLIC_URL!r}; expected an address such as https://care.example.org")
_IS_HTTPS = _public.scheme == "https"

# How many web servers of ours each request passes before it comes here. Each adds the address that it saw at the end of
# X-Forwarded-For; nothing before those is believed.
PROXY_COUNT: int = env.int("PROXY_COUNT", 1 if _IS_HTTPS else 0)
if PROXY_COUNT < 0:
    raise ValueError(f"PROXY_COUNT is {PROXY_COUNT}; expected the number of web servers in front, 0 or more")

ALLOWED_HOSTS = [_public.hostname, *(["localhost", "127.0.0.1", "[::1]"] if IS_EMBEDDED else [])]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_SSL_REDIRECT = _IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if _IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _IS_HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# What a page says once ("Acetaminophen: given") is kept with the session, not in a cookie on the device.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
# Tied to this host alone: no site beside it can put one in its place.
_HOST_ONLY = "__Host-" if _IS_HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_HOST_ONLY}sessionid", f"{_HOST_ONLY}csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# The plan page has the most fields. No form of ours sends a file: one is refused before a byte of it is kept.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 600
DATA_UPLOAD_MAX_NUMBER_FILES = 0
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 0

# Everything comes from here, from files: nothing written into a page runs or paints.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "frame-src": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "upgrade-insecure-requests": _IS_HTTPS,
    }
}
# What no page of ours needs, so that none can be talked into it.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in (
        *("accelerometer", "ambient-light-sensor", "autoplay", "bluetooth", "browsing-topics", "camera"),
        *("clipboard-read", "compute-pressure", "display-capture", "encrypted-media", "gamepad", "geolocation"),
        *("gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"),
        *("picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb", "window-management"),
        "xr-spatial-tracking",
    )
}
PERMISSIONS_POLICY |= {f"publickey-credentials-{what}": ["self"] for what in ("create", "get")}

# --- The application --------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "ivig_care.common",
    "ivig_care.accounts",
    "ivig_care.care_teams",
    "ivig_care.protocols",
    "ivig_care.plans",
    "ivig_care.diary",
    "ivig_care.nudges",
    "ivig_care.reviews",
    "ivig_care.web",
    "ivig_care.worker",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ivig_care.web.middleware.KeptByNobody",
    "ivig_care.web.middleware.OnlyKnownMethods",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ivig_care.web.language.LanguageOfPerson",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ivig_care.web.middleware.SignInFromFragment",
    "ivig_care.web.middleware.StrongSignIn",
    "ivig_care.web.middleware.BackFromForm",
    "ivig_care.web.offline.kept.SaysForWhom",
]

ROOT_URLCONF = "ivig_care.urls"
WSGI_APPLICATION = "ivig_care.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "ivig_care.web.context.site",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------


def _database() -> dict[str, Any]:
    if not IS_EMBEDDED:
        database = dict(env.dj_db_url("DATABASE_URL", conn_max_age=600, conn_health_checks=True))
        options: dict[str, Any] = {
            # Statements that are used over and over are planned once on each connection; see actions/handovers.py.
            # For that their values must go to the server beside them, not within them.
            "prepare_threshold": 5,
            "server_side_binding": True,
            # Rows lie in memory or on a disk without arms: reading one by its key costs about as much as one in a row.
            "options": "-c random_page_cost=1.1 -c jit=off",
            # A database host that is gone without a word must not hold up whoever waits for it.
            "connect_timeout": 10,
            "tcp_user_timeout": 20_000,
        }
        options |= database.get("OPTIONS", {})
        if options["prepare_threshold"] == "none":  # as behind a PgBouncer in transaction mode
            options["prepare_threshold"] = None
        return {**database, "OPTIONS": options}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "ivig_care.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# How often somebody has tried to sign in is counted here: for all processes together, and not lost with Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "common_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # What is the same on every page, of a language or a person, is written once by each process ({% cache %}).
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 2_000},
    },
}

# --- People -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
CSRF_FAILURE_VIEW = "ivig_care.web.errors.form_too_old"
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "home"
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_ADAPTER = "ivig_care.web.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "request_login_code": "ivig_care.web.sign_in.forms.CodeRequestForm",
    "signup": "ivig_care.web.sign_in.forms.SignupForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# A password is not asked for when signing up; but without it here, allauth's password page would have no field for one.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_MAX_EMAIL_ADDRESSES = 3
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_LOGOUT_REDIRECT_URL = "account_request_login_code"
ACCOUNT_SESSION_REMEMBER = True
# What allauth asks before it changes an account is asked by `confirm_first` instead; see docs/adr/0014-signing-in.md.
ACCOUNT_REAUTHENTICATION_REQUIRED = MFA_REAUTHENTICATION_REQUIRED = False
# For each action: so many in a time for one address of the network, account (key) or person signed in (user).
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "20/m/ip,3/m/key,10/h/key",
    "confirm_login_code": "30/m/ip,20/10m/key",
    "send_text": "3/m/key,10/h/key",
    "confirm_identity": "3/m/user,20/h/user",
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,3/m/key,10/h/key",
    "signup": "20/m/ip",
    "confirm_email": "3/m/key,10/h/key",
    "manage_email": "10/m/user",
}
MFA_ADAPTER = "ivig_care.web.adapter.MfaAdapter"
MFA_FORMS = {
    "authenticate": "ivig_care.web.sign_in.forms.SecondFactorForm",
    "reauthenticate": "ivig_care.web.sign_in.forms.SecondFactorAgainForm",
    "add_webauthn": "ivig_care.web.sign_in.forms.PasskeyForm",
    "login_webauthn": "ivig_care.web.sign_in.forms.PasskeyLoginForm",
    "authenticate_webauthn": "ivig_care.web.sign_in.forms.PasskeyFactorForm",
    "reauthenticate_webauthn": "ivig_care.web.sign_in.forms.PasskeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# A browser calls http secure on this machine alone.
IS_LOOPBACK = _public.hostname in ("localhost", "127.0.0.1", "::1")
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = IS_LOOPBACK and not _IS_HTTPS
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "ivig_care"
# Half a minute early or late: clocks differ, and typing takes time.
MFA_TOTP_TOLERANCE = 1

# --- Language, time, static files -------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["ivig_care.common.formats"]
LANGUAGE_COOKIE_NAME = f"{_HOST_ONLY}language"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = IS_EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Messages to people -----------------------------------------------------------------------

EMAIL_HOST: str = env.str("EMAIL_HOST", "")
EMAIL_PORT: int = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER: str = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD: str = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS: bool = env.bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT: int = env.int("EMAIL_TIMEOUT", 20)
EMAIL_BACKEND: str = env.str(
    "EMAIL_BACKEND",
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "ivig_care.nudges.channels.outbox.EmailBackend",
)
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", "ivig_care <no-reply@localhost>")
ANYMAIL: dict[str, Any] = dict(env.json("ANYMAIL", {}))

TWILIO_ACCOUNT_SID: str = env.str("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN: str = env.str("TWILIO_AUTH_TOKEN", "")
TWILIO_FROM: str = env.str("TWILIO_FROM", "")
TWILIO_API_URL: str = env.str("TWILIO_API_URL", "")
TWILIO_TIMEOUT: int = env.int("TWILIO_TIMEOUT", 20)
if TWILIO_ACCOUNT_SID and not (TWILIO_AUTH_TOKEN and TWILIO_FROM):
    raise ValueError("TWILIO_ACCOUNT_SID is set, so TWILIO_AUTH_TOKEN and TWILIO_FROM must be set too")
SMS_CHANNEL: str = env.str("SMS_CHANNEL", "")

VAPID_PRIVATE_KEY: str = env.str("VAPID_PRIVATE_KEY", "")
VAPID_SUBJECT: str = env.str("VAPID_SUBJECT", "")
if bool(VAPID_PRIVATE_KEY) != bool(VAPID_SUBJECT):
    raise ValueError("VAPID_PRIVATE_KEY and VAPID_SUBJECT go together: set both or neither")
if VAPID_SUBJECT and not VAPID_SUBJECT.startswith(("mailto:", "https://")):
    raise ValueError(f"VAPID_SUBJECT is {VAPID_SUBJECT!r}; expected mailto:care@example.org or an https address")
PUSH_HOSTS: list[str] = env.list(
    "PUSH_HOSTS",
    [
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    ],
)
PUSH_TIMEOUT: int = env.int("PUSH_TIMEOUT", 20)

HAS_OUTBOX = EMAIL_BACKEND.endswith("outbox.EmailBackend") or not (TWILIO_ACCOUNT_SID or SMS_CHANNEL)

# --- Background work --------------------------------------------------------------------------

_BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
if not REDIS_URL:
    (_BROKER_DIR / "control").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT = "ivig_care.worker.files:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_BROKER_DIR),
        "data_folder_out": str(_BROKER_DIR),
        "control_folder": str(_BROKER_DIR / "control"),
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "ivig_care.worker.beat:HeartbeatScheduler"
DISPATCH_SECONDS: float = env.float("DISPATCH_SECONDS", 15.0)
# So long a process may keep what it has taken for sending without a sign of life, and the first wait for another try.
LEASE_SECONDS: float = env.float("LEASE_SECONDS", 120.0)
RETRY_SECONDS: float = env.float("RETRY_SECONDS", 30.0)
# How many messages of each kind may leave in a second, over all workers; 0 is as many as there are.
PER_SECOND: dict[str, float] = {
    "email": env.float("EMAIL_PER_SECOND", 0.0),
    "sms": env.float("SMS_PER_SECOND", 0.0),
    "push": env.float("PUSH_PER_SECOND", 0.0),
}
# A tick that nobody took up before the next one is due is worthless: it expires instead of piling up.
CELERY_BEAT_SCHEDULE = {
    "dispatch nudges": {
        "task": "ivig_care.worker.tasks.nudges_dispatch",
        "schedule": schedule(run_every=DISPATCH_SECONDS),
        "options": {"expires": DISPATCH_SECONDS},
    },
    "close checklists": {
        "task": "ivig_care.worker.tasks.checklists_close",
        "schedule": schedule(run_every=60.0),
        "options": {"expires": 60.0},
    },
    "tell the monitor": {
        "task": "ivig_care.worker.tasks.monitor_tell",
        "schedule": schedule(run_every=60.0),
        "options": {"expires": 60.0},
    },
    "erase what families asked for": {
        "task": "ivig_care.worker.tasks.erasures_do",
        "schedule": schedule(run_every=3600.0),
        "options": {"expires": 3600.0},
    },
    "forget what is too old": {
        "task": "ivig_care.worker.tasks.retention_do",
        "schedule": schedule(run_every=3600.0),
        "options": {"expires": 3600.0},
    },
}

# --- What is kept, and for how long: days; 0 is for ever ----------------------------------------

# So long a family may change its mind before a record is erased.
ERASE_AFTER_DAYS: int = env.int("ERASE_AFTER_DAYS", 14)
KEEP_LINKS_DAYS: int = env.int("KEEP_LINKS_DAYS", 90)
KEEP_OUTBOX_DAYS: int = env.int("KEEP_OUTBOX_DAYS", 30)
KEEP_MESSAGES_DAYS: int = env.int("KEEP_MESSAGES_DAYS", 400)
if min(ERASE_AFTER_DAYS, KEEP_LINKS_DAYS, KEEP_OUTBOX_DAYS, KEEP_MESSAGES_DAYS) < 0:
    raise ValueError("ERASE_AFTER_DAYS and the settings that begin with KEEP_ are days: none can be less than 0")

# --- Watching over it -------------------------------------------------------------------------

WATCHDOG_SECONDS: float = env.float("WATCHDOG_SECONDS", 60.0)
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")
MONITOR_URL: str = env.str("MONITOR_URL", "")
# The name under which beat says that it is alive; `manage.py run_beat` gives each its own.
BEAT_HEARTBEAT: str = env.str("BEAT_HEARTBEAT", "beat")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)-7s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"celery": {"level": "WARNING"}, "kombu": {"level": "WARNING"}, "twilio": {"level": "WARNING"}},
}

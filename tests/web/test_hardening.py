"""What every answer carries, what no page has, and what the settings refuse to start with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import LazySettings
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from ivig_care.accounts.models import User
from ivig_care.web.environ import forms_are_utf8, sound_requests
from tests.access.stage import Stage, stage_make
from tests.access.table import ROWS, Kind

ROOT = Path(__file__).resolve().parent.parent.parent
CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


# --- every page -------------------------------------------------------------------------------------------------------


class _Inline(HTMLParser):
    """Finds what a strict policy would not run or paint, and what would be asked of another site."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        wrong = [name for name in said if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and "src" not in said and said.get("type") != "application/json"):
            wrong.append("inline")
        for name in ("src", "href", "action", "formaction", "srcset", "poster"):
            value = said.get(name, "").strip().lower()
            if value.startswith(("javascript:", "data:text", "vbscript:")):
                wrong.append(value)
            if value.startswith(("http:", "https:", "//")) and tag not in ("a",):
                wrong.append(value)
        self.found += [f"<{tag}> {one}" for one in wrong]


def inline_in(page: str) -> list[str]:
    """Every inline script, handler and style of a page, and every address of another site that it would load."""
    reader = _Inline()
    reader.feed(page)
    return reader.found


def twice_in(page: str) -> list[str]:
    """Every id that stands twice on a page: labels and headings would name the wrong thing."""
    times = Counter(re.findall(r'<[^>]*\sid="([^"]+)"', page))
    return [f"id {name} stands {count} times" for name, count in times.items() if count > 1]


@pytest.fixture
def stage(db: None, clock: time_machine.Traveller) -> Stage:
    return stage_make()


def _csp(response: HttpResponseBase) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts if name}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", [Kind.ANONYMOUS, Kind.GUARDIAN, Kind.CLINICIAN, Kind.ADMIN, Kind.GUEST], ids=str)
def test_no_page_has_anything_inline_and_every_answer_is_sealed(
    kind: Kind, stage: Stage, browser_of: Callable[[User], Client]
) -> None:
    browser, wrong = stage.browser(kind, browser_of), []
    for name, row in ROWS.items():
        if row.get is None:
            continue
        response = browser.get(reverse(name, kwargs=stage.key(row.of, kind)))
        if "html" in response.headers.get("Content-Type", ""):
            page = response.content.decode()
            wrong += [f"{name}: {found}" for found in (*inline_in(page), *twice_in(page))]
        assert _csp(response) == CSP, name
        headers = response.headers
        if name != "service_worker":  # a script without a word about anybody
            assert "no-store" in headers["Cache-Control"] or response.status_code == 405, name
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert "camera=()" in headers["Permissions-Policy"]
        assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]
    assert wrong == []


@pytest.mark.parametrize(
    "page",
    [
        '<p style="color: red">',
        '<button onclick="go()">',
        '<div hx-on:click="go()">',
        "<script>go()</script>",
        "<style>p {}</style>",
        '<a href="javascript:go()">',
        '<img src="https://elsewhere.example/pixel.png">',
        '<script src="//elsewhere.example/a.js"></script>',
    ],
)
def test_the_search_finds_what_is_inline(page: str) -> None:
    assert len(inline_in(page)) == 1


# --- requests that are too much ---------------------------------------------------------------------------------------


@pytest.fixture
def maria(stage: Stage, browser_of: Callable[[User], Client]) -> Client:
    return stage.browser(Kind.GUARDIAN, browser_of)


def test_a_form_that_is_too_large_is_refused_in_our_words(maria: Client) -> None:
    answer = maria.generic(
        "POST", "/reach/add/", "address=" + "a" * 1_000_001, content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status_code, "too much at once" in answer.text) == (413, True)


def test_a_form_with_too_many_fields_is_refused_in_our_words(maria: Client) -> None:
    many = "&".join(f"f{number}=x" for number in range(601))
    answer = maria.generic("POST", "/reach/add/", many, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, "too much at once" in answer.text) == (413, True)


def test_no_file_is_taken(maria: Client, tmp_path: Path, settings: LazySettings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    file = SimpleUploadedFile("picture.png", b"x" * 10_000, content_type="image/png")
    answer = maria.post("/reach/add/", {"address": "a@example.org", "file": file})
    assert (answer.status_code, "or a file" in answer.text) == (413, True)
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_the_site_writes_files_that_people_send() -> None:
    assert "TemporaryFileUploadHandler" not in repr(site_settings.FILE_UPLOAD_HANDLERS)
    fields = [field for model in apps.get_models() for field in model._meta.get_fields()]
    assert [field for field in fields if field.__class__.__name__ in ("FileField", "ImageField")] == []


def test_a_broken_form_is_answered_in_our_words(maria: Client) -> None:
    answer = maria.generic("POST", "/reach/add/", "x", content_type="multipart/form-data; boundary=")
    assert (answer.status_code, "We could not read that" in answer.text) == (400, True)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a b", "[::1"])
def test_another_host_is_not_answered(host: str, client: Client) -> None:
    answer = client.get("/", headers={"Host": host})
    assert (answer.status_code, host in answer.text) == (400, False)


def test_a_host_that_a_proxy_is_said_to_have_had_is_not_believed(client: Client) -> None:
    answer = client.get("/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert "evil.example" not in answer.headers["Location"]


@pytest.mark.django_db
def test_a_very_long_address_is_simply_not_found(client: Client) -> None:
    assert client.get("/n/" + "a" * 100_000 + "/").status_code == 404
    assert client.get("/?" + "a=b&" * 20_000).status_code == 400


def test_unknown_methods_are_refused_before_anything_is_read(client: Client) -> None:
    # No database is allowed here, so nothing of it is read.
    answers = {
        method: client.generic(method, "/clinic/") for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X")
    }
    assert {answer.status_code for answer in answers.values()} == {405}
    assert {answer.headers["Allow"] for answer in answers.values()} == {"GET, HEAD, POST"}


# --- what comes before Django -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("text/plain; charset=rot13", "text/plain"),
        ("multipart/form-data; charset=utf-16; boundary=x", "multipart/form-data; boundary=x"),
        ("application/x-www-form-urlencoded;CHARSET = UTF-7", "application/x-www-form-urlencoded"),
        ("application/json", "application/json"),
    ],
)
def test_forms_are_read_as_utf8(said: str, read: str) -> None:
    assert forms_are_utf8({"CONTENT_TYPE": said}) == {"CONTENT_TYPE": read}


def test_the_server_runs_what_puts_requests_right() -> None:
    seen: list[dict[str, Any]] = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        seen.append(environ)
        return []

    served = sound_requests(application)
    served({"CONTENT_TYPE": "a/b; charset=rot13"}, lambda *_: None)
    assert seen == [{"CONTENT_TYPE": "a/b"}]
    assert "sound_requests(get_wsgi_application())" in (ROOT / "ivig_care/wsgi.py").read_text()


# --- the admin --------------------------------------------------------------------------------------------------------


def test_there_is_no_django_admin() -> None:
    assert not apps.is_installed("django.contrib.admin")
    assert "admin" not in get_resolver().namespace_dict
    with pytest.raises(NoReverseMatch):
        reverse("admin:index")
    assert not any(hasattr(User, word) for word in ("is_staff", "is_superuser", "has_perm"))


# --- settings ---------------------------------------------------------------------------------------------------------

GOOD = "q8Zr-5tVx2Lw9Nc4Kd7Pf1Hs6Jm3Bg0Ya_TuEoRiWvXyUzQkCl"
REAL = {"DATABASE_URL": "postgres://x:y@127.0.0.1:1/x", "SECRET_KEY": GOOD, "PUBLIC_URL": "https://care.example.org"}
ASKED = [
    "DEBUG",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_SSL_REDIRECT",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "SESSION_COOKIE_HTTPONLY",
    "CSRF_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "CSRF_COOKIE_SAMESITE",
    "ALLOWED_HOSTS",
    "PROXY_COUNT",
    "USE_X_FORWARDED_HOST",
    "SECURE_CONTENT_TYPE_NOSNIFF",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY",
]


def started(tmp_path: Path, **env: str) -> dict[str, Any] | str:
    """The settings that a program started with this environment has, or the last line of its complaint."""
    code = (
        "import json, django; from django.conf import settings; django.setup();"
        f"print(json.dumps({{name: getattr(settings, name) for name in {ASKED!r}}}"
        " | {'csp': settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['upgrade-insecure-requests']}))"
    )
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    full = {**kept, "DJANGO_SETTINGS_MODULE": "ivig_care.settings", "VAR_DIR": str(tmp_path), **env}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=full, capture_output=True, text=True, check=False)
    found: dict[str, Any] | str
    found = json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip().splitlines()[-1]
    return found


def test_a_real_site_is_secure_whatever_else_is_set(tmp_path: Path) -> None:
    found = started(tmp_path, **REAL, DEBUG="1", DJANGO_DEBUG="true", ALLOWED_HOSTS="*")
    assert found == {
        "DEBUG": False,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "ALLOWED_HOSTS": ["care.example.org"],
        "PROXY_COUNT": 1,
        "USE_X_FORWARDED_HOST": False,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "csp": True,
    }


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"SECRET_KEY": "a" * 80}, "SECRET_KEY is too short or too simple"),
        ({"SECRET_KEY": "django-insecure-" + GOOD}, "SECRET_KEY is out of an example"),
        ({"SECRET_KEY": "ChangeMe" + GOOD}, "SECRET_KEY is out of an example"),
        ({"AUDIT_KEY": "short"}, "AUDIT_KEY is too short"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL must be set"),
        ({"PUBLIC_URL": "care.example.org"}, "PUBLIC_URL is 'care.example.org'"),
        ({"PROXY_COUNT": "-1"}, "PROXY_COUNT is -1"),
    ],
)
def test_it_does_not_start_with_what_is_no_secret(wrong: dict[str, str], complaint: str, tmp_path: Path) -> None:
    assert complaint in str(started(tmp_path, **{**REAL, **wrong}))


def test_no_secret_is_told_in_the_complaint(tmp_path: Path) -> None:
    assert "hunter2" not in str(started(tmp_path, **{**REAL, "SECRET_KEY": "hunter2"}))


@pytest.mark.django_db
def test_cookies_are_for_this_host_and_no_script(client: Client, stage: Stage) -> None:
    client.get(reverse("account_login"))
    cookie = client.cookies[site_settings.CSRF_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")

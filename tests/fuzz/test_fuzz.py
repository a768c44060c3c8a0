"""A short `make fuzz`: nothing breaks, nothing leaks, nothing stays half; and the judge can tell."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.fuzz.forms import forms_in
from tests.fuzz.world import marks_in
from tests.services.site import ROOT


@pytest.mark.services
@pytest.mark.timeout(240)
def test_garbage_breaks_nothing_and_learns_nothing() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--requests", "1500", "--seed", "20260615"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    wrong = ("errors_500", "leaks", "half_changes", "broken_promises")
    assert [result[name] for name in wrong] == [0, 0, 0, 0]
    assert result["requests"] >= 1500
    assert result["changed_of_alone"] > 0


def test_words_of_a_family_are_known_however_they_are_written() -> None:
    assert marks_in("<p>Zq3x7qsur and zq3x8qmaria@example.org, +1 (212) 556-0092</p>") == {7, 8, 9}
    assert marks_in("<p>+1 212 555 0147, zq, x7q</p>") == set()


def test_a_form_is_read_as_a_browser_would_send_it() -> None:
    page = """
    <form method="post" action="/steps/1/skip/"><input type="hidden" name="token" value="t">
    <select name="reason"><option value="">Choose</option><option value="asleep" selected>asleep</option></select>
    <input type="checkbox" name="agree"><input type="radio" name="who" value="a">
    <input type="radio" name="who" value="b" checked>
    <textarea name="note">two &amp; two</textarea><button name="preview" value="1">Look</button></form><form></form>
    """
    form, empty = forms_in(page)
    assert (form.action, form.method) == ("/steps/1/skip/", "POST")
    assert form.fields == [("token", "t"), ("reason", "asleep"), ("who", "b"), ("note", "two & two")]
    assert (form.choices["who"], form.choices["preview"]) == (["a", "b"], ["1"])
    assert (empty.action, empty.method, empty.fields) == ("", "GET", [])

"""How we reach you: adding, proving, ordering, testing, switching off and on, quiet hours, duty, old links."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from time_machine import Traveller

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.contact_points import contact_point_off
from ivig_care.care_teams.models import Duty
from ivig_care.nudges.codes import code_of
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.web.messages import everything, point_of

pytestmark = pytest.mark.usefixtures("clock")

SignedIn = Callable[[User], Client]
AssertMaxQueries = Callable[[int], AbstractContextManager[object]]
NEW = {"kind": "sms", "address": "+1 212 555 0199", "agree": "on"}
KEYS = {"endpoint": "https://fcm.googleapis.com/fcm/send/abc", "p256dh": "B" + "a" * 86, "auth": "b" * 22}


@pytest.fixture
def maria(people: People, browser_of: SignedIn) -> Client:
    return browser_of(people.maria)


def _added(maria: Client) -> ContactPoint:
    assert maria.post("/reach/add/", NEW).status_code == 302
    return ContactPoint.objects.get(address="+12125550199")


# --- adding and proving ---------------------------------------------------------------------------


def test_a_code_goes_to_the_new_number_and_nothing_else(maria: Client) -> None:
    point = _added(maria)
    assert not point.is_usable
    assert point.consented_at == STARTS_AT
    code = Delivery.objects.get()
    assert (code.purpose, code.contact_point, code.kind, code.status) == ("code", point, "sms", "pending")
    assert (code.expires_at, code.link_until) == (STARTS_AT + timedelta(minutes=10), None)


def test_the_code_proves_it(maria: Client) -> None:
    point = _added(maria)
    code = code_of(point)
    assert re.fullmatch(r"\d{6}", code)
    assert maria.post(f"/reach/{point.pk}/verify/", {"code": f" {code[:3]} {code[3:]} "}).status_code == 302
    point.refresh_from_db()
    assert point.is_usable
    assert point.code_hash == ""


def test_the_code_is_kept_nowhere(maria: Client) -> None:
    code = code_of(_added(maria))
    assert code not in str(everything())
    assert code not in maria.get("/reach/").content.decode()


def test_a_wrong_code_keeps_what_was_typed_and_counts(maria: Client) -> None:
    point = _added(maria)
    wrong = "000000" if code_of(point) != "000000" else "111111"
    response = maria.post(f"/reach/{point.pk}/verify/", {"code": wrong})
    assert response.status_code == 422
    assert "You can try 4 more times." in response.content.decode()
    assert f'value="{wrong}"' in response.content.decode()
    point.refresh_from_db()
    assert (point.verified_at, point.code_tries) == (None, 1)


def test_after_five_tries_even_the_right_one_is_refused(maria: Client) -> None:
    point = _added(maria)
    code = code_of(point)
    for _ in range(5):
        maria.post(f"/reach/{point.pk}/verify/", {"code": "x" + code[:5]})
    assert maria.post(f"/reach/{point.pk}/verify/", {"code": code}).status_code == 422
    point.refresh_from_db()
    assert point.verified_at is None


def test_an_old_code_is_refused(maria: Client, clock: Traveller) -> None:
    point = _added(maria)
    clock.shift(timedelta(minutes=10))
    assert maria.post(f"/reach/{point.pk}/verify/", {"code": code_of(point)}).status_code == 422
    point.refresh_from_db()
    assert point.verified_at is None


def test_a_new_code_takes_the_place_of_the_old_one(maria: Client, clock: Traveller) -> None:
    point = _added(maria)
    old = code_of(point)
    assert maria.post(f"/reach/{point.pk}/code/").status_code == 422
    clock.shift(timedelta(minutes=1))
    assert maria.post(f"/reach/{point.pk}/code/").status_code == 302
    point.refresh_from_db()
    assert code_of(point) != old
    assert maria.post(f"/reach/{point.pk}/verify/", {"code": old}).status_code == 422
    assert [one.status for one in Delivery.objects.order_by("pk")] == ["dropped", "pending"]


def test_codes_do_not_go_out_by_the_dozen(maria: Client, clock: Traveller) -> None:
    point = _added(maria)
    for _ in range(10):
        clock.shift(timedelta(minutes=1))
        maria.post(f"/reach/{point.pk}/code/")
    assert Delivery.objects.filter(purpose="code").count() == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"agree": ""},
        {"address": ""},
        {"address": "212"},
        {"address": "x@"},
        {"kind": "push"},
        {"kind": "email"},
        {"kind": ""},
    ],
)
def test_what_cannot_be_added_keeps_what_was_typed(maria: Client, wrong: dict[str, str]) -> None:
    before = ContactPoint.objects.count()
    response = maria.post("/reach/add/", {**NEW, **wrong})
    assert response.status_code == 422
    assert f'value="{wrong.get("address", NEW["address"])}"' in response.content.decode()
    assert ContactPoint.objects.count() == before
    assert not Delivery.objects.exists()


def test_an_address_that_is_there_is_not_added_twice(maria: Client, people: People) -> None:
    response = maria.post("/reach/add/", {"kind": "email", "address": "MARIA@example.org", "agree": "on"})
    assert response.status_code == 422
    assert not Delivery.objects.exists()


def test_what_was_forgotten_can_be_added_again(maria: Client, clock: Traveller) -> None:
    point = _added(maria)
    maria.post(f"/reach/{point.pk}/off/")
    assert "+12125550199" not in re.sub(r'<div class="toast.*?</div>', "", maria.get("/reach/").content.decode())
    clock.shift(timedelta(minutes=2))
    _added(maria)
    assert "+12125550199" in maria.get("/reach/").content.decode()


# --- order, off, on, test -------------------------------------------------------------------------


def test_the_order_changes_by_one_place(maria: Client, people: People) -> None:
    email, sms = ContactPoint.objects.filter(user=people.maria).in_order()
    maria.post(f"/reach/{sms.pk}/up/")
    assert list(ContactPoint.objects.filter(user=people.maria).in_order()) == [sms, email]
    maria.post(f"/reach/{sms.pk}/up/")
    assert list(ContactPoint.objects.filter(user=people.maria).in_order()) == [sms, email]
    maria.post(f"/reach/{sms.pk}/down/")
    assert list(ContactPoint.objects.filter(user=people.maria).in_order()) == [email, sms]


def test_one_of_two_off_tells_nobody_and_both_off_tells_the_family(maria: Client, people: People) -> None:
    maria.post(f"/reach/{point_of(people.maria).pk}/off/")
    assert not point_of(people.maria).is_usable
    assert not Delivery.objects.exists()
    maria.post(f"/reach/{point_of(people.maria, 'email').pk}/off/")
    assert [told.person for told in Delivery.objects.filter(purpose="channel_off")] == [people.sam]


def test_on_again_is_a_new_consent(maria: Client, people: People, clock: Traveller) -> None:
    point = point_of(people.maria)
    maria.post(f"/reach/{point.pk}/off/")
    clock.shift(timedelta(hours=1))
    maria.post(f"/reach/{point.pk}/on/")
    point.refresh_from_db()
    assert (point.is_usable, point.consented_at) == (True, STARTS_AT + timedelta(hours=1))


def test_what_is_not_proved_cannot_be_switched_on(maria: Client) -> None:
    point = _added(maria)
    assert maria.post(f"/reach/{point.pk}/on/").status_code == 422
    assert not ContactPoint.objects.get(pk=point.pk).is_usable


def test_a_test_goes_to_exactly_that_address_once_a_minute(maria: Client, people: People, clock: Traveller) -> None:
    point = point_of(people.maria)
    assert maria.post(f"/reach/{point.pk}/test/").status_code == 302
    assert maria.post(f"/reach/{point.pk}/test/").status_code == 422
    test = Delivery.objects.get()
    assert (test.purpose, test.contact_point, test.person) == ("test", point, people.maria)
    clock.shift(timedelta(minutes=1))
    assert maria.post(f"/reach/{point.pk}/test/").status_code == 302


def test_the_page_says_what_became_of_the_test(maria: Client, people: People) -> None:
    maria.post(f"/reach/{point_of(people.maria).pk}/test/")
    assert "on its way" in maria.get("/reach/").content.decode()
    Delivery.objects.update(status="sent", sent_at=STARTS_AT, delivered_at=STARTS_AT + timedelta(minutes=1))
    assert "sent Mon 9:00 am, delivered Mon 9:01 am" in maria.get("/reach/").content.decode()


def test_nothing_is_sent_to_what_is_off(maria: Client, people: People) -> None:
    point = point_of(people.maria)
    maria.post(f"/reach/{point.pk}/off/")
    assert maria.post(f"/reach/{point.pk}/test/").status_code == 422
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("word", ["code", "verify", "on", "off", "up", "down", "test"])
def test_somebody_elses_contact_point_does_not_exist(
    maria: Client, people: People, browser_of: SignedIn, word: str
) -> None:
    others = [browser_of(user) for user in (people.sam, people.tom, people.weiss)]
    before = everything()
    for other in others:
        response = other.post(f"/reach/{point_of(people.maria).pk}/{word}/", {"code": "123456"})
        assert response.status_code == 404
    assert Client().post(f"/reach/{point_of(people.maria).pk}/{word}/").status_code == 302
    assert maria.get(f"/reach/{point_of(people.maria).pk}/{word}/").status_code == 405
    assert everything() == before


# --- this browser ---------------------------------------------------------------------------------


def test_a_browser_is_added(maria: Client, people: People) -> None:
    agent = {"user-agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"}
    assert maria.post("/reach/browsers/", KEYS, headers=agent).status_code == 204
    point = point_of(people.maria, "push")
    assert point.is_usable
    assert (point.address, point.push_key, point.push_secret) == tuple(KEYS.values())
    assert point.label == "Chrome on Android"
    maria.post("/reach/browsers/", KEYS, headers=agent)
    assert ContactPoint.objects.filter(kind="push").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "https://evil.example/x"},
        {"endpoint": "http://fcm.googleapis.com/x"},
        {"endpoint": "https://127.0.0.1/x"},
        {"endpoint": "https://fcm.googleapis.com/" + "x" * 600},
        {"endpoint": ""},
        {"p256dh": "short"},
        {"auth": "<script>"},
    ],
)
def test_a_browser_that_cannot_be_reached_is_refused_politely(maria: Client, wrong: dict[str, str]) -> None:
    response = maria.post("/reach/browsers/", {**KEYS, **wrong})
    assert response.status_code == 422
    assert response.headers["Content-Type"].startswith("text/plain")
    assert not ContactPoint.objects.filter(kind="push").exists()


def test_the_key_of_the_site_stands_on_the_page(maria: Client, settings: LazySettings) -> None:
    assert 'id="push"' not in maria.get("/reach/").content.decode()
    settings.VAPID_PRIVATE_KEY = "l8ca_8uBr3V85JZrzAjJ0_HWd-6rCN6tsLcw6B0uoOw"
    assert re.search(r'data-key="B[\w-]{86}"', maria.get("/reach/").content.decode())


def test_the_service_worker_may_see_the_whole_site() -> None:
    response = Client().get("/sw.js")
    assert response.headers["Content-Type"] == "text/javascript"
    assert response.headers["Cache-Control"] == "no-cache"
    assert "showNotification" in response.content.decode()


# --- quiet hours, duty, links ---------------------------------------------------------------------


def test_quiet_hours_are_saved_and_shown(maria: Client, people: People) -> None:
    maria.post("/reach/quiet-hours/", {"quiet_from": "22:00", "quiet_until": "07:00"})
    assert "quiet from <strong>10:00 pm</strong>" in maria.get("/reach/").content.decode()
    maria.post("/reach/quiet-hours/", {"quiet_from": "", "quiet_until": ""})
    assert NudgePreference.objects.get(user=people.maria).quiet_hours is None


@pytest.mark.parametrize(
    "wrong", [{"quiet_from": "22:00"}, {"quiet_until": "07:00"}, {"quiet_from": "25", "quiet_until": "07:00"},
              {"quiet_from": "07:00", "quiet_until": "07:00"}],
)  # fmt: skip
def test_half_quiet_hours_are_refused(maria: Client, people: People, wrong: dict[str, str]) -> None:
    response = maria.post("/reach/quiet-hours/", wrong)
    assert response.status_code == 422
    for said in wrong.values():
        assert f'value="{said}"' in response.content.decode()
    assert NudgePreference.objects.get(user=people.maria).quiet_hours is None


def test_who_is_on_duty_tonight(maria: Client, people: People, clock: Traveller) -> None:
    maria.post(f"/reach/duty/{people.lena.pk}/", {"person": people.sam.pk})
    duty = Duty.objects.get()
    assert (duty.user, duty.starts_at, duty.ends_at) == (people.sam, STARTS_AT, STARTS_AT + timedelta(days=1))
    assert "Sam is on duty</strong> until Tue 9:00 am" in maria.get("/reach/").content.decode()
    clock.shift(timedelta(hours=2))
    maria.post(f"/reach/duty/{people.lena.pk}/", {"person": people.maria.pk})
    ends = {duty.user.name: duty.ends_at for duty in Duty.objects.all()}
    assert ends == {"Sam": STARTS_AT + timedelta(hours=2), "Maria": STARTS_AT + timedelta(days=1)}
    maria.post(f"/reach/duty/{people.lena.pk}/", {"person": ""})
    assert not Duty.objects.filter(ends_at__gt=STARTS_AT + timedelta(hours=2)).exists()


def test_tonight_after_midnight_is_the_night_that_is_running(maria: Client, people: People, clock: Traveller) -> None:
    clock.move_to(STARTS_AT + timedelta(hours=17))
    maria.post(f"/reach/duty/{people.lena.pk}/", {"person": people.maria.pk})
    assert Duty.objects.get().ends_at == STARTS_AT + timedelta(days=1)


def test_only_the_family_of_the_child_is_on_duty(maria: Client, people: People, browser_of: SignedIn) -> None:
    for stranger in (people.tom, people.weiss):
        assert maria.post(f"/reach/duty/{people.lena.pk}/", {"person": stranger.pk}).status_code == 404
        assert browser_of(stranger).post(f"/reach/duty/{people.lena.pk}/", {"person": people.sam.pk}).status_code == 404
    assert maria.post(f"/reach/duty/{people.lena.pk}/", {"person": "x"}).status_code == 404
    assert not Duty.objects.exists()


def test_a_clinician_may_be_reached_too(people: People, browser_of: SignedIn) -> None:
    doctor = browser_of(people.weiss)
    assert "There is none yet" in doctor.get("/reach/").content.decode()
    doctor.post("/reach/links/revoke/")
    assert NudgePreference.objects.get(user=people.weiss).links_valid_from == STARTS_AT


def test_the_family_sees_that_somebody_is_not_reached(
    maria: Client, people: People, infusion: Infusion, browser_of: SignedIn
) -> None:
    contact_point_off(contact_point=point_of(people.sam), reason="STOP by text", now=STARTS_AT, is_withdrawn=True)
    words = "Text messages to Sam are off since Mon 15 Jun, 9:00 am: STOP by text."
    for address in ("/reach/", f"/infusions/{infusion.pk}/", f"/infusions/{infusion.pk}/messages/"):
        assert words in maria.get(address).content.decode()
    assert words in browser_of(people.weiss).get(f"/clinic/infusions/{infusion.pk}/messages/").content.decode()
    assert "Text messages to Sam" not in browser_of(people.tom).get("/reach/").content.decode()


def test_nobody_sees_the_address_of_another(maria: Client, people: People, infusion: Infusion) -> None:
    contact_point_off(contact_point=point_of(people.sam), reason="STOP by text", now=STARTS_AT)
    assert point_of(people.sam).address not in maria.get("/reach/").content.decode()


def test_a_stranger_signs_in_first() -> None:
    assert Client().get("/reach/").headers["Location"].startswith("/accounts/login/")


def test_the_number_of_queries_does_not_grow(
    maria: Client, people: People, django_assert_max_num_queries: AssertMaxQueries
) -> None:
    for number in range(8):
        point = ContactPoint.objects.create(
            user=people.maria, kind="push", address=f"https://{number}", verified_at=STARTS_AT, consented_at=STARTS_AT
        )
        maria.post(f"/reach/{point.pk}/test/")
    with django_assert_max_num_queries(20):
        maria.get("/reach/")


# --- when one is told, and on whose clock ---------------------------------------------------------


def test_a_person_says_when_they_are_told(maria: Client, people: People, infusion: Infusion) -> None:
    address = f"/reach/told/{people.lena.pk}/"
    page = maria.get("/reach/").content.decode()
    assert "When you are told" in page
    assert (
        "you are told when nobody has answered" in maria.post(address, {"told": "second"}, follow=True).content.decode()
    )
    assert people.maria.memberships.get(child=people.lena).told == "second"
    assert maria.post(address, {"told": "loudly"}).status_code == 404
    assert maria.post(f"/reach/told/{people.kai.pk}/", {"told": "never"}).status_code == 404


def test_somebody_must_be_told(maria: Client, people: People) -> None:
    people.lena.memberships.exclude(user=people.maria).update(told="never")
    response = maria.post(f"/reach/told/{people.lena.pk}/", {"told": "never"})
    assert response.status_code == 422
    assert "Then nobody would be told about Lena." in response.content.decode()
    assert people.maria.memberships.get(child=people.lena).told == "first"


def test_quiet_hours_are_on_the_clock_where_one_sleeps(maria: Client, people: People) -> None:
    hours = {"quiet_from": "10:00 pm", "quiet_until": "7 am", "zone": "Europe/Berlin"}
    assert maria.post("/reach/quiet-hours/", hours).status_code == 302
    kept = NudgePreference.objects.get(user=people.maria)
    assert (kept.zone, str(kept.quiet_from), str(kept.quiet_until)) == ("Europe/Berlin", "22:00:00", "07:00:00")
    assert "<option selected>Europe/Berlin</option>" in maria.get("/reach/").content.decode()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "x" * 500, "\0"])
def test_a_place_that_is_none_is_refused(maria: Client, people: People, zone: str) -> None:
    response = maria.post("/reach/quiet-hours/", {"quiet_from": "22:00", "quiet_until": "07:00", "zone": zone})
    assert response.status_code == 422
    assert NudgePreference.objects.get(user=people.maria).zone == "America/Los_Angeles"


def test_a_number_of_the_clinics_country_needs_no_country(maria: Client) -> None:
    assert maria.post("/reach/add/", {**NEW, "address": "(212) 555-0199"}).status_code == 302
    assert ContactPoint.objects.filter(address="+12125550199").exists()


def test_who_is_not_reached_at_all_reads_so(maria: Client, people: People) -> None:
    for point in people.maria.contact_points.all():
        maria.post(f"/reach/{point.pk}/off/")
    assert "nobody reminds you now" in maria.get("/reach/").content.decode()
    home = maria.get("/").content.decode()
    assert "E-mails to you are off" in home
    assert f'href="/reach/#way-{people.maria.contact_points.get(kind="email").pk}"' in home


def test_an_address_of_a_form_leads_a_browser_back(maria: Client) -> None:
    response = maria.get("/reach/add/", headers={"accept": "text/html"})
    assert (response.status_code, response.headers["Location"]) == (302, "/reach/")

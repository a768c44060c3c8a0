"""One family through one infusion, end to end: real browser, web server, worker, beat, mail server and SMS provider."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from ivig_care.common import clock
from tests.browser.visits import DESK, PHONE, ZONE, Device, complaints, sheet_open, sign_in
from tests.password import PASSWORD
from tests.servers import SmtpSink, TwilioSink, smtp_sink, twilio_sink
from tests.services.site import Site, running_site, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LA = ZoneInfo(ZONE)
MARIA, SAMS_PHONE = "maria@example.org", "+12125550141"
PRIVATE = re.compile(
    r"lena|moreno|acetaminophen|diphenhydramine|octagam|tylenol|fever|mg\b|infusion|immun", re.IGNORECASE
)
# Beat looks for what is over once a minute.
CLOSED_WITHIN = 90_000


@pytest.fixture
def mail() -> Iterator[SmtpSink]:
    """A mail server of our own."""
    with smtp_sink() as sink:
        yield sink


@pytest.fixture
def texts() -> Iterator[TwilioSink]:
    """An SMS provider of our own, speaking Twilio's protocol."""
    with twilio_sink() as sink:
        yield sink


@pytest.fixture
def site(mail: SmtpSink, texts: TwilioSink) -> Iterator[Site]:
    """The site, with the people of the story and nothing else, sending through the two of them."""
    outside = {
        "EMAIL_HOST": mail.host,
        "EMAIL_PORT": str(mail.port),
        "TWILIO_ACCOUNT_SID": texts.account_sid,
        "TWILIO_AUTH_TOKEN": texts.auth_token,
        "TWILIO_FROM": "+12125550100",
        "TWILIO_API_URL": texts.url,
    }
    with running_site(outside) as running:
        running.run("manage.py", "load_catalogue")
        running.run("manage.py", "shell", "--no-imports", "-c", "from tests.actors import people_make; people_make()")
        yield running


class Journey:
    """The people with their devices, and the steps of the story in the order in which they happen."""

    def __init__(self, browser: Browser, site: Site, mail: SmtpSink, texts: TwilioSink) -> None:
        self.browser, self.site, self.mail, self.texts = browser, site, mail, texts
        self.complaints: list[str] = []
        self.doctor = self.person("weiss", DESK)
        self.maria = self.person("maria", PHONE)
        self.sam = self.person("sam", PHONE)
        # Premedication is half an hour before: it falls due five minutes ago.
        self.starts_at = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=25)

    def person(self, name: str, device: Device) -> Page:
        """Somebody's device, signed in."""
        context = self.browser.new_context(**device, timezone_id=ZONE)
        self.complaints = complaints(context)
        page = context.new_page()
        sign_in(page, self.site.url, f"{name}@example.org", PASSWORD)
        return page

    def time_passes(self, **passed: int) -> None:
        """So much time passes for the infusion."""
        length = timedelta(**passed)
        self.starts_at -= length
        infusion = re.sub(r"\D", "", self.checklist_path)
        self.site.run("-m", "tests.browser.passing", infusion, str(length // timedelta(minutes=1)))

    @property
    def checklist_path(self) -> str:
        """Where Maria's page is."""
        return re.sub(r"^https?://[^/]+|#.*$", "", self.maria.url)

    def told(self) -> tuple[list[str], list[str]]:
        """Everything that Maria's mailbox and Sam's phone have received; that is how each likes to be told."""
        mails = [one.as_string() for one in self.mail.messages if one["To"] == MARIA]
        return mails, [one.body for one in self.texts.messages if one.to == SAMS_PHONE]


def test_one_family_through_one_infusion(browser: Browser, site: Site, mail: SmtpSink, texts: TwilioSink) -> None:
    journey = Journey(browser, site, mail, texts)
    plan_path = _the_clinician_prescribes(journey)
    _the_parent_sees_what_is_now_next_and_later(journey)
    _one_message_each_says_nothing_private(journey)
    _the_link_opens_the_steps_without_signing_in(journey)
    _the_parent_ticks_and_the_other_sees_it(journey)
    _the_infusion_starts_late_and_ends(journey)
    _a_dose_is_slept_through(journey)
    _the_checklist_closes_by_itself(journey)
    _the_clinician_signs_and_the_parent_reads(journey)
    _the_other_family_and_clinic_find_nothing(journey, plan_path)
    assert journey.complaints == []


def _the_clinician_prescribes(journey: Journey) -> str:
    page = journey.doctor
    page.get_by_role("link", name="New plan for Lena Moreno").click()
    page.get_by_role("button", name="Begin a draft on JDM, 2 g/kg over 2 days").click()
    plan_path = page.url.removeprefix(journey.site.url)

    # Nothing is prescribed by default, and what is unset stops the activation.
    page.get_by_role("button", name="Save and preview").click()
    unset = page.get_by_role("region", name="Not prescribed yet")
    expect(unset).to_contain_text("rate ladder")
    expect(page.get_by_role("button", name="Activate the plan")).to_have_count(0)
    expect(journey.maria.get_by_text("as soon as the clinic has planned the next infusion")).to_be_visible()

    unset.get_by_role("link", name="product").click()
    _e1_is_typed(page, journey.starts_at)
    page.get_by_role("button", name="Save and preview").click()
    expect(page.get_by_text("40 g in all").first).to_be_visible()
    expect(page.get_by_text("Symptom check, 72 hours after").first).to_be_visible()
    expect(unset).to_have_count(0)
    page.get_by_role("button", name="Activate the plan").first.click()
    expect(page.locator("#toasts")).to_contain_text("The plan is active.")
    return plan_path


def _e1_is_typed(page: Page, starts_at: datetime) -> None:
    first = starts_at.astimezone(LA)
    second = datetime.combine(first.date() + timedelta(days=1), datetime.min.time()).replace(hour=12)
    page.get_by_label("Product", exact=True).select_option("Octagam 10 % (100 mg per mL)")
    page.get_by_label("Dose, g per kg").fill("2")
    page.get_by_label("Weight, kg").fill("20")
    page.get_by_label("Weighed on").fill((first - timedelta(days=3)).strftime("%Y-%m-%d"))
    _answer(page, "Is there a risk of kidney injury or thrombosis?", "No")
    page.get_by_label("Day 1 starts").fill(first.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Day 2 starts").fill(second.strftime("%Y-%m-%dT%H:%M"))
    for number, (rate, minutes) in enumerate((("0.6", "30"), ("1.2", "30"), ("2.4", "")), start=1):
        page.get_by_label(f"Rate {number}, mL per kg and hour").fill(rate)
        page.get_by_label(f"Rate {number}, minutes").fill(minutes)
    _answer(page, "Is medicine given before the infusion?", "Yes")
    page.get_by_label("How long before the start, minutes").fill("30")
    _answer(page, "Who gives it?", "the family, before leaving home")
    before = page.locator("#premedication details")
    _medicine_is_typed(before.nth(0), "acetaminophen", "300", "32")
    before.nth(1).locator("summary").click()
    _medicine_is_typed(before.nth(1), "diphenhydramine", "20", "")
    _answer(page, "Is medicine given on a schedule afterwards?", "Yes")
    course = page.locator("#course details").nth(0)
    _medicine_is_typed(course, "acetaminophen", "300", "32")
    course.get_by_label("Every so many hours").fill("6")
    course.get_by_label("First dose").select_option("one interval after the first premedication")
    course.get_by_label("Until, hours after the last end").fill("48")
    _answer(course, "May it wake the child?", "Yes")
    _answer(page, "Are fluids limited for this child?", "No")
    page.get_by_label("Drinks in 24 hours, mL").fill("1500")
    page.get_by_label("Extra drinks go on after the last end, hours").fill("48")


def _answer(where: Page | Locator, question: str, answer: str) -> None:
    where.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def _medicine_is_typed(row: Locator, ingredient: str, mg: str, mg_per_ml: str) -> None:
    row.get_by_label("Medicine", exact=True).select_option(ingredient)
    row.get_by_label("Each dose, mg").fill(mg)
    row.get_by_label("Strength, mg per mL").fill(mg_per_ml)


def _the_parent_sees_what_is_now_next_and_later(journey: Journey) -> None:
    for page in (journey.maria, journey.sam):
        page.goto(journey.site.url)
        page.get_by_role("link", name="Whole checklist").tap()
        expect(page.get_by_role("heading", name="Lena’s checklist")).to_be_visible()
    page = journey.maria
    first = _step(page, "now", "Acetaminophen")
    expect(first).to_contain_text("300 mg = 9.4 mL")
    expect(first).to_contain_text("Use the liquid with 32 mg in each mL.")
    expect(first).to_contain_text("Given before the drip to soften reactions, as your clinic ordered.")
    expect(_step(page, "next", "Offer a drink")).to_contain_text("planned")
    expect(page.locator(".folds summary").first).to_be_visible()
    expect(page.get_by_role("link", name="Call Riverside Clinic").first).to_have_attribute("href", "tel:+12125550147")


def _one_message_each_says_nothing_private(journey: Journey) -> None:
    wait_for(lambda: all(journey.told()), seconds=60, what="Maria's e-mail and Sam's text", site=journey.site)
    time.sleep(2)
    mails, texts = journey.told()
    assert (len(mails), len(texts)) == (1, 1)
    assert (len(journey.mail.messages), len(journey.texts.messages)) == (1, 1)
    assert "care step" in mails[0]
    assert texts[0].startswith("ivig_care: ")
    assert journey.site.url in mails[0]
    assert journey.site.url in texts[0]
    assert not PRIVATE.search(f"{mails[0]} {texts[0]}")


def _the_link_opens_the_steps_without_signing_in(journey: Journey) -> None:
    _, (text,) = journey.told()
    phone = journey.browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True).new_page()
    phone.goto(text.split()[-1])
    expect(phone.get_by_role("heading", level=1)).to_have_text("For Lena")
    expect(phone.get_by_text("Acetaminophen").first).to_be_visible()
    assert "Moreno" not in phone.content()
    phone.context.close()


def _the_parent_ticks_and_the_other_sees_it(journey: Journey) -> None:
    page = journey.maria
    journey.sam.evaluate("window.isTheSamePage = true")
    _step(page, "now", "Acetaminophen").get_by_role("button", name="Given now").tap()
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: given")
    expect(_step(page, "answered", "Acetaminophen")).to_contain_text("Maria")

    earlier = _step(page, "now", "Diphenhydramine")
    sheet_open(earlier)
    earlier.get_by_role("button", name="30 min ago").tap()
    expect(page.locator("#toasts")).to_contain_text("Diphenhydramine: given")

    drink = _step(page, "next", "Offer a drink")
    sheet_open(drink)
    drink.get_by_role("button", name="Told not to").tap()
    expect(_step(page, "answered", "Offer a drink")).to_contain_text("Skipped: told not to.")
    page.locator("#toasts").get_by_role("button", name="Undo").tap()
    expect(_step(page, "next", "Offer a drink")).to_contain_text("planned")

    given = _step(page, "answered", "Acetaminophen")
    sheet_open(given)
    given.get_by_label("Note for the clinic").fill("With apple sauce.")
    given.get_by_role("button", name="Save note").tap()
    expect(given).to_contain_text("“With apple sauce.” Maria")

    expect(_step(journey.sam, "answered", "Acetaminophen")).to_contain_text("“With apple sauce.” Maria")
    expect(_step(journey.sam, "answered", "Diphenhydramine")).to_contain_text("Maria")
    assert journey.sam.evaluate("window.isTheSamePage")


def _the_infusion_starts_late_and_ends(journey: Journey) -> None:
    journey.time_passes(minutes=70)
    page = journey.maria
    page.reload()
    drink = _step(page, "now", "Offer a drink")
    planned = _clock(journey.starts_at + timedelta(hours=1))
    expect(drink).to_contain_text(planned)
    done = _step(page, "answered", "Acetaminophen").inner_text()

    _say_started(page, journey.starts_at + timedelta(minutes=45))
    moves = page.get_by_role("region", name="45 min late")
    expect(moves).to_contain_text("Not saved yet.")
    moved = moves.get_by_role("listitem").filter(has_text="Offer a drink").first
    late = _clock(journey.starts_at + timedelta(hours=1, minutes=45))
    expect(moved).to_contain_text(planned)
    expect(moved).to_contain_text(late)
    expect(moves).not_to_contain_text("Diphenhydramine 20 mg" + planned)
    moves.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("Day 1 started")
    expect(drink).to_contain_text(late)
    assert _step(page, "answered", "Acetaminophen").inner_text() == done

    page.locator("#toasts").get_by_role("button", name="Undo").tap()
    expect(page.locator("#toasts")).to_contain_text("Undone.")
    expect(drink).to_contain_text(planned)

    _say_started(page, journey.starts_at + timedelta(minutes=45))
    page.get_by_role("button", name="Save").tap()
    expect(drink).to_contain_text(late)

    journey.time_passes(minutes=310)
    page.reload()
    page.get_by_role("link", name="It has ended").tap()
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("Day 1 ended")
    expect(page.get_by_role("heading", name="Infusion, day 2 of 2")).to_be_visible()


def _say_started(page: Page, at: datetime) -> None:
    page.get_by_role("link", name="Earlier than now: say when it started").tap()
    page.get_by_label("or at this time").fill(at.astimezone(LA).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Show what moves").tap()


def _a_dose_is_slept_through(journey: Journey) -> None:
    page = journey.maria
    dose = _step(page, "now", "Acetaminophen")
    expect(dose).to_contain_text("Last given")
    expect(dose).to_contain_text("Next allowed now.")
    sheet_open(dose)
    dose.get_by_role("button", name="Asleep").tap()
    expect(page.locator("#toasts")).to_contain_text("Acetaminophen: skipped, asleep.")


def _the_checklist_closes_by_itself(journey: Journey) -> None:
    told = journey.told()
    journey.time_passes(days=14)
    # Without reloading: the page asks by itself.
    expect(journey.maria.get_by_text("This checklist is closed.")).to_be_visible(timeout=CLOSED_WITHIN)
    # What is two weeks old is not worth a message any more.
    assert journey.told() == told


def _the_clinician_signs_and_the_parent_reads(journey: Journey) -> None:
    page = journey.doctor
    page.goto(f"{journey.site.url}/clinic/")
    waiting = page.get_by_role("region", name="Completed checklists")
    waiting.get_by_role("link", name="Lena Moreno, infusion of").click()
    expect(page.get_by_role("region", name="Infusion days", exact=True)).to_contain_text("45 min late")
    steps = page.get_by_role("region", name="Steps", exact=True)
    expect(steps).to_contain_text("asleep")
    expect(steps).to_contain_text("“With apple sauce.” Maria")
    expect(page.get_by_role("region", name="Doses given", exact=True)).to_contain_text(
        "diphenhydramine", ignore_case=True
    )
    page.get_by_label("Note to the family").fill("Well done, all of you.")
    page.get_by_label("What changes next time").fill("Start the drinks a day earlier.")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Signed: Lena Moreno")

    note = journey.maria.get_by_role("region", name="Note from Riverside Clinic")
    expect(note).to_contain_text("Well done, all of you.")
    expect(note).to_contain_text("Next time: Start the drinks a day earlier.")
    expect(journey.maria.get_by_role("button", name="Undo")).to_have_count(0)


def _the_other_family_and_clinic_find_nothing(journey: Journey, plan_path: str) -> None:
    step = _step(journey.maria, "answered", "Diphenhydramine")
    step_path = f"/steps/{(step.get_attribute('id') or '').removeprefix('step-')}/"
    infusion = journey.checklist_path
    review = f"/clinic{infusion}review/"
    pages = [infusion, f"{infusion}live/", "/infusion-days/1/start/", "/infusion-days/1/end/?ago=0"]
    pages += [plan_path, f"{plan_path}preview/", "/clinic/children/1/plans/new/", review]
    forms = [f"{step_path}{verb}/" for verb in ("tick", "skip", "undo", "note")]
    forms += [f"{infusion}tick/?step=1", f"{infusion}undo/?step=1"]
    forms += [f"/infusion-days/1/{verb}/" for verb in ("start", "end", "undo")]
    forms += [plan_path, f"{plan_path}activate/", f"{review}sign/", f"{review}amend/"]
    kept = journey.site.run("manage.py", "dumpdata", "plans", "reviews")
    for name in ("tom", "lee"):
        context = journey.person(name, PHONE).context
        answers = {path: context.request.get(journey.site.url + path).status for path in pages}
        answers |= {f"POST {path}": _post(context, journey.site.url + path) for path in forms}
        assert {path: status for path, status in answers.items() if status != 404} == {}
    assert journey.site.run("manage.py", "dumpdata", "plans", "reviews") == kept


def _post(context: BrowserContext, url: str) -> int:
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
    form: dict[str, str | float | bool] = {
        "csrfmiddlewaretoken": token,
        "ago": "0",
        "reason": "other",
        "note": "not mine",
        "step": "1",
    }
    return context.request.post(url, form=form, max_redirects=0).status


def _step(page: Page, section: str, words: str) -> Locator:
    """The first step with these words in a section."""
    return page.locator(f"section[aria-labelledby={section}] article[id]", has_text=words).first


def _clock(at: datetime) -> str:
    return at.astimezone(LA).strftime("%a %-I:%M %p").replace("AM", "am").replace("PM", "pm")

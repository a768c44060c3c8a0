"""The log: one event for each thing that somebody did, in chains in which a change shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.audit import (
    ONE_LOOK,
    Verb,
    audit_note,
    audit_seen,
    audits_last,
    chain_break,
    chains_digest,
    end_seal,
    event_digest,
)
from ivig_care.actions.care_teams import told_set
from ivig_care.actions.checklists import checklists_close
from ivig_care.actions.contact_points import (
    STOP_BY_LINK,
    STOP_BY_TEXT,
    browser_add,
    contact_point_add,
    contact_point_off,
    contact_point_on,
    contact_point_switch_off,
    contact_point_verify,
    links_revoke,
    quiet_hours_set,
)
from ivig_care.actions.duties import duty_clear, duty_take
from ivig_care.actions.errors import Refused
from ivig_care.actions.infusions import (
    infusion_cancel,
    infusion_day_end,
    infusion_day_move,
    infusion_day_start,
    infusion_day_undo,
)
from ivig_care.actions.links import AnswerRefused, delivery_done, delivery_later, delivery_undo
from ivig_care.actions.replies import reply_take
from ivig_care.actions.reviews import review_amend, review_sign
from ivig_care.actions.steps import step_note, step_skip, step_snooze, step_tick, step_undo
from ivig_care.care_teams.models import AuditChain, AuditEvent, Told
from ivig_care.nudges.codes import code_at
from ivig_care.plans.models import Infusion, Step
from ivig_care.regimen.steps import SkipReason
from ivig_care.reviews.models import Review
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import active_infusion
from tests.web.messages import sent

HOUR = timedelta(hours=1)
Said = tuple[str, str, str, str, str]


@pytest.fixture
def lena(infusion: Infusion, people: People) -> str:
    """The subject of Lena's chain, which has the plan's three events."""
    return f"child {people.lena.pk}"


def said_of(subject: str, *, after: int = 0) -> list[Said]:
    """Who, in what role, did what with what, and how: everything after so many events."""
    events = AuditEvent.objects.filter(subject=subject, number__gt=after).order_by("number")
    return [(event.who, event.role, event.verb, event.about, event.detail) for event in events]


def step_in(infusion: Infusion, slot: str) -> Step:
    return infusion.steps.get(slot=slot)


# --- what is noted ----------------------------------------------------------------------------


def test_a_plan_is_begun_written_and_activated(lena: str) -> None:
    weiss = ("Weiss", "clinician of Riverside Clinic", "changed", "plan")
    assert said_of(lena) == [(*weiss, "began"), (*weiss, "wrote"), (*weiss, "activated")]


def test_everything_said_of_a_step_is_one_event(infusion: Infusion, people: People, lena: str) -> None:
    tylenol, fluids = step_in(infusion, "premedication.d1.acetaminophen"), step_in(infusion, "fluids-during.d1")
    step_tick(step=tylenol, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    step_undo(step=tylenol, by=people.sam, now=STARTS_AT)
    step_snooze(step=tylenol, by=people.sam, minutes=15, now=STARTS_AT)
    step_skip(step=fluids, by=people.sam, reason=SkipReason.ASLEEP, note="secret words", now=STARTS_AT)
    step_note(step=fluids, by=people.weiss, note="secret words", now=STARTS_AT)
    maria, sam = ("Maria", "guardian"), ("Sam", "caregiver")
    assert said_of(lena, after=3) == [
        (*maria, "recorded", "step", "ticked"),
        (*sam, "changed", "step", "took back"),
        (*sam, "recorded", "step", "put off"),
        (*sam, "recorded", "step", "skipped"),
        ("Weiss", "clinician of Riverside Clinic", "recorded", "step", "wrote a note on"),
    ]
    about = list(AuditEvent.objects.filter(subject=lena, number__gt=3).values_list("about_id", flat=True))
    assert about == [tylenol.pk, tylenol.pk, tylenol.pk, fluids.pk, fluids.pk]


def test_what_changes_nothing_is_not_noted(infusion: Infusion, people: People, lena: str) -> None:
    step = step_in(infusion, "fluids-during.d1")
    step_undo(step=step, by=people.maria, now=STARTS_AT)
    step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    step_tick(step=step, by=people.sam, at=STARTS_AT, now=STARTS_AT)
    with pytest.raises(Refused):
        step_snooze(step=step, by=people.sam, minutes=15, now=STARTS_AT)
    duty_clear(child=people.lena, by=people.maria, now=STARTS_AT)
    told_set(child=people.lena, person=people.sam, told=Told.FIRST, now=STARTS_AT)
    assert [words[-1] for words in said_of(lena, after=3)] == ["ticked"]


def test_days_are_noted(infusion: Infusion, people: People, lena: str) -> None:
    first, second = infusion.days.order_by("number")
    infusion_day_start(day=first, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    infusion_day_undo(day=first, by=people.maria, now=STARTS_AT)
    infusion_day_start(day=first, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    infusion_day_end(day=first, by=people.maria, at=STARTS_AT + HOUR, now=STARTS_AT + HOUR)
    infusion_day_undo(day=first, by=people.maria, now=STARTS_AT + HOUR)
    start = second.planned_start + HOUR
    infusion_day_move(day=second, planned_start=start, by=people.weiss, now=STARTS_AT)
    infusion_day_move(day=second, planned_start=start, by=people.weiss, now=STARTS_AT)
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT)
    infusion_cancel(infusion=infusion, by=people.weiss, now=STARTS_AT)
    assert [(verb, about, detail) for _, _, verb, about, detail in said_of(lena, after=3)] == [
        ("recorded", "infusionday", "said the start of"),
        ("changed", "infusionday", "took back the start of"),
        ("recorded", "infusionday", "said the start of"),
        ("recorded", "infusionday", "said the end of"),
        ("changed", "infusionday", "took back the end of"),
        ("changed", "infusionday", "moved"),
        ("changed", "infusion", "cancelled"),
    ]


def test_reviews_are_noted(infusion: Infusion, people: People, lena: str) -> None:
    checklists_close(now=STARTS_AT + timedelta(days=20))
    review, at = Review.objects.get(infusion=infusion), STARTS_AT + timedelta(days=21)
    review_sign(review=review, by=people.weiss, note="private", next_time="private", at=at)
    review_amend(review=review, by=people.weiss, note="private", at=at)
    weiss = ("Weiss", "clinician of Riverside Clinic")
    assert said_of(lena, after=3) == [(*weiss, "signed", "review", ""), (*weiss, "changed", "review", "added to")]


def test_duty_and_who_is_told_are_noted(people: People, lena: str) -> None:
    duty_take(child=people.lena, user=people.sam, by=people.maria, now=STARTS_AT)
    duty_clear(child=people.lena, by=people.sam, now=STARTS_AT + HOUR)
    told_set(child=people.lena, person=people.sam, told=Told.SECOND, now=STARTS_AT)
    assert said_of(lena, after=3) == [
        ("Maria", "guardian", "changed", "duty", "Sam"),
        ("Sam", "caregiver", "changed", "duty", "nobody in particular"),
        ("Sam", "caregiver", "changed", "membership", "told when nobody has answered"),
    ]


def test_how_a_person_is_reached_stands_in_their_own_chain(people: People) -> None:
    maria, now = people.maria, STARTS_AT
    point = contact_point_add(person=maria, kind="sms", address="+12125550199", now=now)
    contact_point_verify(contact_point=point, code=code_at(point.pk, now), now=now)
    contact_point_switch_off(contact_point=point, now=now)
    contact_point_on(contact_point=point, now=now)
    contact_point_off(contact_point=point, reason=STOP_BY_LINK, now=now, is_withdrawn=True)
    contact_point_on(contact_point=point, now=now)
    contact_point_off(contact_point=point, reason="550 gone", now=now)
    browser_add(person=maria, endpoint="https://push", push_key="k", push_secret="s", label="Chrome", now=now)
    quiet_hours_set(person=maria, quiet_from=time(22), quiet_until=time(7), now=now)
    links_revoke(person=maria, now=now)
    assert [(who, verb, about, detail) for who, _, verb, about, detail in said_of(f"person {maria.pk}")] == [
        ("Maria", "agreed", "contactpoint", "text message"),
        ("Maria", "recorded", "contactpoint", "proved, text message"),
        ("Maria", "withdrew", "contactpoint", "text message"),
        ("Maria", "agreed", "contactpoint", "text message"),
        ("Maria", "withdrew", "contactpoint", "text message, by link"),
        ("Maria", "agreed", "contactpoint", "text message"),
        ("Maria", "agreed", "contactpoint", "notification"),
        ("Maria", "changed", "quiet hours", ""),
        ("Maria", "ended", "links", ""),
    ]


def test_stop_from_a_number_that_nobody_proved_has_no_name(people: People) -> None:
    point = contact_point_add(person=people.maria, kind="sms", address="+12125550199", now=STARTS_AT)
    reply_take(provider_id="1", sender=point.address, body="STOP", now=STARTS_AT)
    assert said_of(f"person {people.maria.pk}")[-1] == (
        "ivig_care",
        "",
        "withdrew",
        "contactpoint",
        "text message, by text message",
    )


def test_stop_and_start_by_text_are_noted_for_the_person(people: People) -> None:
    point = people.maria.contact_points.get(kind=ContactPoint.Kind.SMS)
    reply_take(provider_id="1", sender=point.address, body="STOP", now=STARTS_AT)
    reply_take(provider_id="2", sender=point.address, body="STOP", now=STARTS_AT)
    reply_take(provider_id="3", sender=point.address, body="START", now=STARTS_AT)
    assert said_of(f"person {people.maria.pk}") == [
        ("Maria", "", "withdrew", "contactpoint", "text message, by text message"),
        ("Maria", "", "agreed", "contactpoint", "text message"),
    ]
    point.refresh_from_db()
    assert point.disabled_reason != STOP_BY_TEXT


def test_a_reply_and_a_link_say_how(infusion: Infusion, people: People, lena: str) -> None:
    step = step_in(infusion, "premedication.d1.acetaminophen")
    delivery = sent(infusion, people.maria, [step], sent_at=STARTS_AT)
    reply_take(provider_id="1", sender="+12125550140", body="1", now=STARTS_AT)
    delivery_undo(delivery=delivery, steps=[step], now=STARTS_AT)
    delivery_later(delivery=delivery, steps=[step], minutes=15, now=STARTS_AT)
    delivery_done(delivery=delivery, steps=[step], at=STARTS_AT, now=STARTS_AT)
    assert [detail for *_, detail in said_of(lena, after=3)] == [
        "ticked, by text message",
        "took back, by link",
        "put off, by link",
        "ticked, by link",
    ]


# --- who looked -------------------------------------------------------------------------------


def test_looking_is_noted_once_in_a_quarter_of_an_hour(infusion: Infusion, people: People, lena: str) -> None:
    for minutes in (0, 5, 14, 16):
        audit_seen(child=people.lena, about=infusion, by=people.sam, now=STARTS_AT + timedelta(minutes=minutes))
    audit_seen(child=people.lena, about=infusion, by=people.maria, now=STARTS_AT)
    audit_seen(child=people.lena, about="messages", by=people.sam, now=STARTS_AT)
    sam = AuditEvent.objects.filter(subject=lena, verb=Verb.SAW, actor=people.sam)
    assert list(sam.values_list("at", "about")) == [
        (STARTS_AT, "infusion"),
        (STARTS_AT + ONE_LOOK + timedelta(minutes=1), "infusion"),
        (STARTS_AT, "messages"),
    ]


# --- several at once ---------------------------------------------------------------------------


def test_what_several_things_do_is_written_at_the_end_in_order(people: People) -> None:
    with transaction.atomic(), audits_last():
        for child in (people.kai, people.lena, people.kai):
            audit_note(verb=Verb.CHANGED, about=child, by=people.maria, now=STARTS_AT, child=child)
        assert not AuditEvent.objects.exists()
        with CaptureQueriesContext(connection) as inner, audits_last():
            audit_note(verb=Verb.SIGNED, about="x", by=None, now=STARTS_AT, child=people.lena)
        assert len(inner) == 0
    kai, lena = f"child {people.kai.pk}", f"child {people.lena.pk}"
    assert [verb for _, _, verb, _, _ in said_of(lena)] == ["changed", "signed"]
    assert [verb for _, _, verb, _, _ in said_of(kai)] == ["changed", "changed"]
    assert (chain_break(kai), chain_break(lena)) == ("", "")


def test_what_failed_is_not_noted_though_the_rest_goes_on(infusion: Infusion, people: People, lena: str) -> None:
    # Of two medicines the second needs a reason, so neither is recorded; the reply itself is kept.
    first, soon = step_in(infusion, "premedication.d1.acetaminophen"), step_in(infusion, "acetaminophen-course.1")
    step_tick(step=first, by=people.maria, at=STARTS_AT, now=STARTS_AT)
    fluids = step_in(infusion, "fluids-during.d1")
    delivery = sent(infusion, people.maria, [fluids, soon], sent_at=STARTS_AT)
    with transaction.atomic(), audits_last():
        with pytest.raises(AnswerRefused):
            delivery_done(delivery=delivery, steps=[fluids, soon], at=STARTS_AT + HOUR, now=STARTS_AT + HOUR)
        audit_note(verb=Verb.SAW, about="messages", by=people.sam, now=STARTS_AT, child=people.lena)
    assert [(verb, detail) for _, _, verb, _, detail in said_of(lena, after=3)] == [
        ("recorded", "ticked"),
        ("saw", ""),
    ]
    assert chain_break(lena) == ""


def test_an_answer_about_two_infusions_holds_no_chain_while_it_takes_locks(infusion: Infusion, people: People) -> None:
    other = active_infusion(child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)
    steps = [step_in(one, "fluids-during.d1") for one in (infusion, other)]
    delivery = sent(infusion, people.maria, steps, sent_at=STARTS_AT)
    with CaptureQueriesContext(connection) as seen:
        delivery_done(delivery=delivery, steps=steps, at=STARTS_AT, now=STARTS_AT)
    tables = [query["sql"] for query in seen]
    last_infusion = max(place for place, sql in enumerate(tables) if 'FROM "plans_infusion"' in sql)
    chain = min(place for place, sql in enumerate(tables) if "care_teams_auditchain" in sql)
    assert last_infusion < chain
    assert len([sql for sql in tables if 'UPDATE "care_teams_auditchain"' in sql]) == 1


# --- tampering --------------------------------------------------------------------------------


def verify() -> str:
    out = StringIO()
    call_command("audit_verify", stdout=out)
    return out.getvalue()


def broken() -> str:
    """What the command says of a log that somebody has been at; it ends with an error."""
    out = StringIO()
    with pytest.raises(CommandError, match="chains are not as they were written"):
        call_command("audit_verify", stdout=out)
    return out.getvalue()


@pytest.fixture
def tamper(lena: str) -> Callable[[str, list[Any]], None]:
    """Somebody with a database client, past whatever triggers there are."""

    def write(sql: str, values: list[Any]) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql, values)
            if connection.vendor == "postgresql":
                cursor.execute("SET session_replication_role = origin")

    return write


Tamper = Callable[[str, list[Any]], None]


def test_a_log_as_it_was_written_is_counted(people: People, lena: str) -> None:
    quiet_hours_set(person=people.maria, quiet_from=None, quiet_until=None, now=STARTS_AT)
    assert verify() == f"2 chains, 4 events, digest {chains_digest()}\n"
    assert len(chains_digest()) == 16


@pytest.mark.parametrize(
    ("column", "value"),
    [("who", "Nobody"), ("role", "x"), ("verb", "saw"), ("detail", "x"), ("about", "x"), ("about_id", 7), ("at", None)],
)
def test_a_changed_word_is_found(lena: str, tamper: Tamper, column: str, value: object) -> None:
    value = value if value is not None else STARTS_AT
    stored = connection.ops.adapt_datetimefield_value(STARTS_AT) if column == "at" else value
    sql = f"UPDATE care_teams_auditevent SET {column} = %s WHERE subject = %s AND number = 2"  # noqa: S608 - see above
    tamper(sql, [stored, lena])
    assert broken() == f"{lena}: event 2 is not as it was written.\n"


def test_a_removed_event_is_found(lena: str, tamper: Tamper) -> None:
    tamper("DELETE FROM care_teams_auditevent WHERE subject = %s AND number = 2", [lena])
    assert broken() == f"{lena}: event 2 is missing.\n"


def test_a_removed_tail_is_found(lena: str, tamper: Tamper) -> None:
    tamper("DELETE FROM care_teams_auditevent WHERE subject = %s AND number = 3", [lena])
    assert broken() == f"{lena}: the end is missing, after event 2.\n"


def test_a_tail_removed_together_with_the_end_is_found(lena: str, tamper: Tamper) -> None:
    second = AuditEvent.objects.get(subject=lena, number=2)
    tamper("DELETE FROM care_teams_auditevent WHERE subject = %s AND number = 3", [lena])
    AuditChain.objects.filter(subject=lena).update(number=2, digest=second.digest)
    assert broken() == f"{lena}: the end, after event 2, is not sealed by us.\n"


def test_a_removed_end_is_found(lena: str) -> None:
    AuditChain.objects.filter(subject=lena).delete()
    assert broken() == f"{lena}: the end is missing, after event 3.\n"


def test_swapped_events_are_found(lena: str, tamper: Tamper) -> None:
    for old, new in ((1, 9), (2, 1), (9, 2)):
        sql = "UPDATE care_teams_auditevent SET number = %s WHERE subject = %s AND number = %s"
        tamper(sql, [new, lena, old])
    assert broken() == f"{lena}: event 1 is not as it was written.\n"


def test_one_forged_without_the_key_is_found(lena: str, people: People, tamper: Tamper, settings: LazySettings) -> None:
    ours = settings.AUDIT_KEY
    settings.AUDIT_KEY = "a guess"
    end = AuditChain.objects.get(subject=lena)
    forged = AuditEvent.objects.get(subject=lena, number=3)
    forged.pk, forged.number, forged.who = None, 4, "Somebody"
    forged.digest = event_digest(forged, end.digest)
    forged.save(force_insert=True)
    end.number, end.digest = 4, forged.digest
    end.seal = end_seal(end)
    end.save()
    settings.AUDIT_KEY = ours
    assert broken() == f"{lena}: event 4 is not as it was written.\n"


def test_a_chain_taken_away_whole_changes_the_digest(people: People, lena: str, tamper: Tamper) -> None:
    quiet_hours_set(person=people.maria, quiet_from=None, quiet_until=None, now=STARTS_AT)
    written_down = chains_digest()
    tamper("DELETE FROM care_teams_auditevent WHERE subject = %s", [lena])
    AuditChain.objects.filter(subject=lena).delete()
    assert verify().startswith("1 chains, 1 events, digest ")
    assert chains_digest() != written_down

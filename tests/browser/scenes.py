"""Run as a program: one infusion in each state that a page can show, and spare ones for tests that change something.

    python -m tests.browser.scenes

Every infusion has a child of its own; Maria and Sam care for all of them. The keys are printed as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from decimal import Decimal

import django
from django.db.models import F

SPARE = 64
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def main() -> None:
    """Make the scenes and print where they are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    from ivig_care.actions.accounts import demo_app_add
    from ivig_care.actions.briefing import Said, briefing_answer
    from ivig_care.actions.checklists import checklists_close
    from ivig_care.actions.guests import guest_link_make
    from ivig_care.actions.infusions import infusion_day_start
    from ivig_care.actions.invitations import invitation_make
    from ivig_care.actions.lots import Label, lot_enter
    from ivig_care.actions.plans import MedicineOrder, plan_draft
    from ivig_care.actions.rates import infusion_day_pause, rate_enter
    from ivig_care.actions.reviews import review_sign
    from ivig_care.actions.sending import checklist_send
    from ivig_care.actions.steps import step_note, step_tick
    from ivig_care.care_teams.models import Role
    from ivig_care.common import clock
    from ivig_care.plans.models import BriefingAnswer, Infusion, Plan
    from tests.actors import people_make
    from tests.browser.diary_scenes import diary_make
    from tests.factories import (
        MEDICINES,
        WHEN_NEEDED,
        ChildFactory,
        MembershipFactory,
        UserFactory,
        active_infusion,
        drafted_plan,
        long_infusion,
    )
    from tests.web.clinic.story import live_through

    now = clock.now().replace(second=0, microsecond=0)
    people = people_make()
    # Nurses who have set up nothing yet to sign in with.
    for name in ("Ned", "Nia"):
        nurse = UserFactory.create(name=name, email=f"{name.lower()}@example.org")
        MembershipFactory.create(user=nurse, clinic=people.riverside, role=Role.NURSE)

    def infusion_for(name: str, starts_at: datetime, medicines: tuple[MedicineOrder, ...] = MEDICINES) -> Infusion:
        child = ChildFactory.create(clinic=people.riverside, given_name=name)
        MembershipFactory.create(user=people.maria, child=child, role=Role.GUARDIAN)
        MembershipFactory.create(user=people.sam, child=child, role=Role.CAREGIVER)
        at = min(now, starts_at - 2 * DAY)
        return active_infusion(child=child, by=people.weiss, starts_at=starts_at, at=at, medicines=medicines)

    def tick_all(infusion: Infusion, until: datetime) -> None:
        for step in infusion.steps.open().filter(due_at__lte=until):
            step_tick(step=step, by=people.maria, at=step.due_at, now=step.due_at)

    signed = live_through(infusion_for("Ida", now - 60 * DAY), by=people.maria, skipping="acetaminophen-course.3")
    signed.review.refresh_from_db()
    note, next_time = "All went well. Thank you for the notes.", "Start the drinks a day earlier."
    review_sign(review=signed.review, by=people.weiss, note=note, next_time=next_time, at=now - 20 * DAY)
    closed = live_through(
        infusion_for("Mia", now - 45 * DAY),
        by=people.maria,
        late=45 * MINUTE,
        skipping="acetaminophen-course.3",
        leaving_out="acetaminophen-course.5",
    )
    step_note(
        step=closed.steps.get(slot="check-24.d2"), by=people.sam, note="Headache in the evening.", now=now - 9 * DAY
    )

    before = infusion_for("Noah", now + 20 * 60 * MINUTE)
    starting = infusion_for("Lea", now + 5 * MINUTE)
    late = infusion_for("Leo", now - 45 * MINUTE)
    running = infusion_for("Emil", now - 90 * MINUTE)
    tick_all(running, now - 100 * MINUTE)
    infusion_day_start(day=running.days.get(number=1), by=people.maria, at=now - 75 * MINUTE, now=now - 75 * MINUTE)
    rate_enter(
        day=running.days.get(number=1), ml_h=Decimal(12), by=people.maria, at=now - 75 * MINUTE, now=now - 75 * MINUTE
    )
    paused = infusion_for("Tim", now - 130 * MINUTE)
    day = paused.days.get(number=1)
    infusion_day_start(day=day, by=people.maria, at=now - 120 * MINUTE, now=now - 120 * MINUTE)
    label = Label(brand="Privigen", lot="P100234567", expires_on=now.date() - 400 * DAY, grams=Decimal(10))
    lot_enter(day=day, label=label, by=people.maria, at=now - 118 * MINUTE, now=now - 118 * MINUTE)
    label = Label(brand="Octagam 10 %", lot="K7720", grams=Decimal(10))
    lot_enter(day=day, label=label, by=people.maria, at=now - 60 * MINUTE, now=now - 60 * MINUTE)
    rate_enter(day=day, ml_h=Decimal("62.5"), by=people.sam, at=now - 40 * MINUTE, now=now - 40 * MINUTE)
    infusion_day_pause(day=day, by=people.maria, at=now - 10 * MINUTE, now=now - 10 * MINUTE)
    # Eight courses' worth of doses and a ladder of seven rates: as long as a checklist and a card get.
    uma = ChildFactory.create(clinic=people.riverside, given_name="Uma")
    MembershipFactory.create(user=people.maria, child=uma, role=Role.GUARDIAN)
    long = long_infusion(child=uma, by=people.weiss, starts_at=now + 30 * 60 * MINUTE, at=now - DAY)
    after = infusion_for("Zoe", now - 2 * DAY)
    for each in after.days.all():
        infusion_day_start(day=each, by=people.maria, at=each.planned_start, now=each.planned_start)
    tick_all(after, now - 5 * MINUTE)
    # The day before, answered with two things that are not right; the fourth day, to be sent, and sent with a word.
    ready = infusion_for("Ina", now + 18 * 60 * MINUTE)
    said = {"start": True, "well": False, "weight": False, "medicines": True, "bag": True}
    notes = {"well": "fever 38.4 °C since noon", "weight": "47 lb (21.3 kg)"}
    answers = [
        Said(question=BriefingAnswer.Question(name), is_yes=is_yes, note=notes.get(name, ""))
        for name, is_yes in said.items()
    ]
    briefing_answer(day=ready.days.get(number=1), answers=answers, by=people.sam, now=now - 20 * MINUTE)
    ending, sent = (infusion_for(name, now - 5 * DAY - 12 * 60 * MINUTE) for name in ("Ole", "Ute"))
    for one in (ending, sent):
        one.steps.exclude(slot__startswith="check-72").filter(due_at__lte=now - 2 * DAY).update(
            state="done", said_at=F("due_at"), said_by=people.maria, next_nudge_at=None
        )
        one.days.update(actual_start=F("planned_start"), actual_end=F("planned_start") + 288 * MINUTE)
    checklists_close(now=now)
    checklist_send(infusion=sent, words="A rash on the left arm since yesterday.", by=people.maria, now=now)
    # The next one of a child whose last one was signed: other weight, other goal.
    following = active_infusion(child=signed.plan.child, by=people.weiss, starts_at=now + 6 * DAY, at=now - DAY)
    Plan.objects.filter(pk=following.plan_id).update(weight_kg=Decimal("21.4"), fluids_goal_ml=1600)
    flagged = infusion_for("Tia", now - 3 * 60 * MINUTE, medicines=(*MEDICINES, WHEN_NEEDED))
    # A family of one child, whose infusion is on: for what a phone keeps ahead.
    rosa = UserFactory.create(name="Rosa", email="rosa@example.org")
    pia = ChildFactory.create(clinic=people.riverside, given_name="Pia")
    MembershipFactory.create(user=rosa, child=pia, role=Role.GUARDIAN)
    alone = active_infusion(child=pia, by=people.weiss, starts_at=now - 45 * MINUTE, at=now - 3 * DAY)
    spare = [infusion_for(f"Kim {number}", now - 45 * MINUTE).pk for number in range(SPARE)]
    empty = plan_draft(child=people.lena, version=before.plan.version, by=people.weiss, at=now)
    draft = drafted_plan(child=people.lena, by=people.weiss, starts_at=now + 7 * DAY, at=now)
    ada = UserFactory.create(name="Ada", email="ada@example.org")
    MembershipFactory.create(user=ada, clinic=people.riverside, role=Role.ADMIN)
    demo_app_add(person=ada)
    _, invitation = invitation_make(role=Role.GUARDIAN, by=people.maria, now=now, child=people.lena, name="Paul")
    invitation_make(role=Role.NURSE, by=ada, now=now, clinic=people.riverside, name="Nora")
    _, guest = guest_link_make(
        infusion=before, by=people.maria, label="Grandma", until=now + DAY, may_record=True, now=now
    )
    diary = diary_make(people, infusion=flagged, calm=after, now=now)
    checklists_close(now=now)
    keys = {
        **diary,
        "before": before.pk,
        "starting": starting.pk,
        "late": late.pk,
        "running": running.pk,
        "after": after.pk,
        "closed": closed.pk,
        "signed": signed.pk,
        "before day": before.days.get(number=1).pk,
        "ready day": ready.days.get(number=1).pk,
        "ending": ending.pk,
        "sent": sent.pk,
        "following": following.pk,
        "starting day": starting.days.get(number=1).pk,
        "late day": late.days.get(number=1).pk,
        "step": starting.steps.get(slot="premedication.d1.acetaminophen").pk,
        "missed step": running.steps.get(slot="evening-before.d1").pk,
        "running day": running.days.get(number=1).pk,
        "paused day": day.pk,
        "alone": alone.pk,
        "alone child": pia.pk,
        "alone day": alone.days.get(number=1).pk,
        "long": long.pk,
        "long day": long.days.get(number=1).pk,
        "child": people.lena.pk,
        "empty": empty.pk,
        "draft": draft.pk,
        "clinic": people.riverside.pk,
        "clinic code": people.riverside.join_code,
        "invitation": invitation,
        "guest": guest,
    }
    json.dump({"keys": keys, "spare": spare}, sys.stdout)


if __name__ == "__main__":
    main()

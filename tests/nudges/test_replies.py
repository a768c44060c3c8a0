"""What texts that come back mean: plain answers, commands in many words, and everything that must be asked back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivig_care.nudges.models import InboundMessage
from ivig_care.nudges.replies import is_stop_word, option_named, understand

Understood = InboundMessage.Understood

SAID = {
    Understood.DONE: (
        "1",
        " 1 ",
        "1.",
        "1!",
        "(1)",
        "1️⃣",
        "\uff11",
        "①",
        "\u0661",
        "one",
        "One.",
        "1 please",
        "Done",
        "done.",
        "DONE!!",
        "Done thanks",
        "all done",
        "gave it",
        "Gave them both",
        "given",
        "I gave it",
        "just gave it",
        "we did it",
        "yes done",
        "it's done",
        "I'm done",
        "we’re done",
        "that's done",
        "already done",
        "taken",
        "Took it",
        "finished",
        "completed",
        "meds given",
        "already gave it",
        "☑️",
        "👌",
        "✅",
        "👍",
        "👍🏽",
    ),
    Understood.SKIP: ("2", "2.", "2️⃣", "two", "skip", "Skip it", "skipped", "skip, please", "we skipped it"),
    Understood.LATER: (
        "3",
        "3.",
        "3️⃣",
        "three",
        "later",
        "Later please",
        "in a bit",
        "In a few minutes",
        "remind me later",
        "snooze",
        "ask me later",
        "remind us later",
    ),
    Understood.STOP: (
        "STOP",
        "stop.",
        "Stop!",
        "Stop. Thank you",
        "please stop",
        "please stop texting me",
        "Stop sending me these messages",
        "stop all",
        "STOPALL",
        "unsubscribe",
        "Unsubscribe me please",
        "how do I unsubscribe?",
        "cancel",
        "END",
        "quit",
        "opt out",
        "opt-out",
        "no more texts",
        "no more of these reminders please",
        "don’t text me",
        "do not contact me",
        "Leave me alone",
        "remove me",
        "done, now stop texting me",
        "stop?",
        "dont send me messages",
        "do not send any more texts",
        "turn off reminders",
        "turn the reminders off",
        "stop these",
        "stop everything",
        "unsub",
        "I want to stop",
        "take me off your list",
    ),
    Understood.START: (
        "START",
        "start.",
        "unstop",
        "yes",
        "Yes please",
        "start again",
        "Start again, please",
        "start texting me again",
        "please start the reminders",
        "opt in",
        "turn them back on",
        "resume",
    ),
    Understood.HELP: ("HELP", "help?", "Help!", "help me", "info", "help please", "need help"),
    Understood.UNCLEAR: (
        "",
        " ",
        "?",
        "1 or 2?",
        "1?",
        "done?",
        "not done",
        "not yet",
        "1 2",
        "1/2",
        "1+3",
        "1, 2",
        "12",
        "11",
        "1.5",
        "-1 0",
        "0",
        "4",
        "one done",
        "1 done",
        "2 done",
        "gave one",
        "done later",
        "skip or later",
        "didn't give it",
        "never gave it",
        "take me to the hospital?",
        "can they take me back to ward 3",
        "cancel my reminder for tonight",
        "stop that reminder about the bag",
        "done and dusted, or not",
        "took half",
        "not taken",
        "gave it at 8",
        "done with the Tylenol",
        "ok",
        "thanks",
        "yes no",
        "almost done",
        "half done",
        "don't stop",
        "please do not stop texting me",
        "stop the infusion",
        "the bleeding will not stop",
        "was it the end",
        "cancel the infusion",
        "stop and start again",
        "start of the infusion",
        "help she is not breathing",
        "who is this",
        "wait",
        "undo",
        "no",
        "i did not",
        "one two",
        "1 1",
        "💩",
        "\x00",
        "Wo ist die Apotheke",
        "1" * 500,
        "done " * 100,
    ),
}


@pytest.mark.parametrize(("text", "meant"), [(text, meant) for meant, texts in SAID.items() for text in texts])
def test_a_text_is_understood(text: str, meant: InboundMessage.Understood) -> None:
    assert understand(text) == meant


@pytest.mark.parametrize("text", ["stop", "STOP.", "Unsubscribe", "stopall", "Quit!"])
def test_the_provider_answers_its_own_words(text: str) -> None:
    assert is_stop_word(text)


@pytest.mark.parametrize("text", ["stop texting me", "Stop. Thank you", "please stop", "1", ""])
def test_we_answer_what_the_provider_does_not(text: str) -> None:
    assert not is_stop_word(text)


@pytest.mark.parametrize(
    ("text", "steps", "meant"),
    [
        ("1 done", 1, Understood.DONE),
        ("1. Done!", 1, Understood.DONE),
        ("1 done", 2, Understood.UNCLEAR),  # one of the two?
        ("2 skip", 1, Understood.SKIP),
        ("2 skip", 2, Understood.SKIP),
        ("2 skip", 3, Understood.UNCLEAR),
        ("3 later", 3, Understood.LATER),
        ("3 later", 4, Understood.UNCLEAR),
        ("2 done", 2, Understood.UNCLEAR),
        ("one done", 1, Understood.UNCLEAR),
        ("done 1", 1, Understood.UNCLEAR),
        ("1 done 2 skip", 1, Understood.UNCLEAR),
        ("1 1", 1, Understood.UNCLEAR),
        ("9" * 5000 + " done", 1, Understood.UNCLEAR),
        ("1 not", 1, Understood.UNCLEAR),
        ("", 1, Understood.UNCLEAR),
    ],
)
def test_an_option_may_be_named_as_it_was_offered(text: str, steps: int, meant: InboundMessage.Understood) -> None:
    assert option_named(text, steps=steps) == meant


@given(st.text(max_size=400))
def test_any_text_at_all_has_one_meaning(text: str) -> None:
    assert understand(text) in Understood
    assert understand(f"  {text}\n") == understand(text)


@given(
    st.sampled_from(["1", "2", "3", "done", "skip", "later"]),
    st.sampled_from(["not", "didn't", "never", "maybe", "or"]),
)
def test_a_word_that_denies_makes_it_unclear(answer: str, denial: str) -> None:
    assert understand(f"{denial} {answer}") == Understood.UNCLEAR
    assert understand(f"{answer} {denial}") == Understood.UNCLEAR


@given(st.permutations(["1", "2", "3"]), st.integers(2, 3), st.sampled_from([" ", ",", "/", " or ", " and ", "\n"]))
def test_two_answers_are_no_answer(digits: list[str], count: int, between: str) -> None:
    assert understand(between.join(digits[:count])) == Understood.UNCLEAR

"""Every sentence has words in every language, filled in alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.conf import settings

from tests.languages.catalogue import catalogues, messages_of, problems_of, read, wanted

EVERY = pytest.mark.parametrize("path", catalogues(), ids=lambda path: path.parent.parent.name)


def test_there_is_a_catalogue_for_every_language_but_the_one_we_write_in() -> None:
    assert {path.parent.parent.name for path in catalogues()} == set(dict(settings.LANGUAGES)) - {"en"}


@EVERY
def test_a_catalogue_has_what_the_files_say_and_nothing_else(path: Path) -> None:
    ours = {(message.context, message.id) for message in messages_of(read(path))}
    theirs = {(message.context, message.id) for message in messages_of(wanted())}
    assert {"run `make messages`, then translate": theirs - ours, "run `make messages`": ours - theirs} == {
        "run `make messages`, then translate": set(),
        "run `make messages`": set(),
    }


@EVERY
def test_every_sentence_has_its_words(path: Path) -> None:
    catalogue = read(path)
    found = {
        str(message.id): problems
        for message in messages_of(catalogue)
        if (problems := list(problems_of(message, catalogue.num_plurals)))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("english", "other", "problem"),
    [
        ("Call %(who)s", "Llama a %(quien)s", "fills in"),
        ("Call {who}", "Llama", "fills in"),
        ("Call", "", "has no words"),
        ("Call ", "Llama", "other space"),
        ("<strong>Call</strong>", "Llama", "fills in"),
        (("%(n)s step", "%(n)s steps"), ("%(n)s paso", ""), "has no words"),
        (("%(n)s step", "%(n)s steps"), ("%(n)s paso",), "1 of 2 forms"),
        (("%(n)s step", "%(n)s steps"), ("un paso", "pasos"), "fills in"),
    ],
)
def test_a_translation_that_is_wrong_is_found(
    english: str | tuple[str, ...], other: str | tuple[str, ...], problem: str
) -> None:
    assert any(problem in said for said in problems_of(Message(english, other), 2))


def test_the_singular_may_be_said_in_words() -> None:
    assert list(problems_of(Message(("%(n)s step", "%(n)s steps"), ("un paso", "%(n)s pasos")), 2)) == []

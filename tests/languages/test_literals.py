"""Nothing that a person reads is left unmarked, wherever it stands."""

from __future__ import annotations

import pytest
from django.conf import settings

from tests.languages.catalogue import ROOT, modules, templates
from tests.languages.literals import unmarked_in, unmarked_in_module, unmarked_in_template

# What is read by developers, or by whoever runs the site at its machine.
FOR_MACHINES = (
    "ivig_care/worker/",
    "ivig_care/regimen/__main__.py",
    "ivig_care/regimen/preview",
    "ivig_care/settings.py",
)
# Whole documents, one for each language.
DOCUMENTS = ("templates/exchange/readme",)


def _is_looked_at(name: str) -> bool:
    return not name.startswith(FOR_MACHINES + DOCUMENTS)


def test_nothing_that_is_read_is_unmarked() -> None:
    names = {path.relative_to(ROOT).as_posix(): path for path in [*templates(), *modules()]}
    found = {name: unmarked for name, path in names.items() if _is_looked_at(name) and (unmarked := unmarked_in(path))}
    assert found == {}


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE])
def test_a_document_is_there_in_every_language(language: str) -> None:
    assert [name for name in DOCUMENTS if not (ROOT / f"{name}.{language}.txt").exists()] == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Ready</p>",
        '<p>{% translate "One" %} and {{ two }}</p>',
        '<a aria-label="Open">{{ x }}</a>',
        '<input placeholder="as in 7:00">',
        "<p>{{ name|default:'You' }}</p>",
        '{% include "x.html" with label="Open it" %}',
        "{{ n }} step{{ n|pluralize:'has,have' }}",
        "{% blocktranslate with s=n|pluralize %}{{ n }} step{{ s }}{% endblocktranslate %}",
    ],
)
def test_words_of_a_template_are_found(source: str) -> None:
    assert unmarked_in_template(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p class="muted">{% translate "Ready" %} {{ x }} · 12 mL</p>',
        "{% blocktranslate trimmed %}All {{ x }} of <b>it</b>{% endblocktranslate %}",
        '<p>{{ name|default:_("You") }}</p>',
        "{# only for us #}{% comment %}nor this{% endcomment %}<script>let word = 1;</script>",
        '<a class="button quiet" href="{% url "home" %}" data-at="7">ivig_care</a>',
        '{% include "x.html" with label=_("Open it") %}',
    ],
)
def test_marked_words_of_a_template_are_not(source: str) -> None:
    assert unmarked_in_template(source) == []


@pytest.mark.parametrize(
    "source",
    [
        'messages.success(request, "Done")',
        'messages.success(request, f"{name}: given")',
        'SAID = "That is so."',
        'def f():\n    return f"Day {n} is over."',
        'forms.CharField(label="Name")',
        'class Kind(TextChoices):\n    ONE = "one", "the first"',
    ],
)
def test_words_of_a_module_are_found(source: str) -> None:
    assert unmarked_in_module(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""A module."""\ndef f():\n    """Do this."""\n    raise ValueError(f"Not {n} of these.")',
        'messages.success(request, _("Done"))',
        'SAID = gettext_lazy("That is so.")',
        'class Kind(TextChoices):\n    ONE = "one", _("the first")',
        'logger.warning("It is so.")',
    ],
)
def test_marked_words_of_a_module_are_not(source: str) -> None:
    assert unmarked_in_module(source) == []

"""docs/glossary.md names every model and every value of the regimen, and no other, each in its file."""

from __future__ import annotations

import importlib
import inspect
import re
from types import ModuleType

from django.apps import apps

from ivig_care.regimen.errors import RegimenError
from ivig_care.regimen.steps import State
from tests.docs.pages import ROOT, page, section, tables

PAGE = page("docs/glossary.md").text


def _table(heading: str, file_column: int) -> set[tuple[str, str]]:
    """The names in the first column of the table under a heading, each with the file of its row."""
    (table,) = tables(section(PAGE, heading))
    return {
        (name, cells[file_column - 1].strip("`"))
        for first, cells in table.items()
        for name in re.findall(r"`(\w+)`", first)
    }


def _file_of(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _classes_of(module: ModuleType) -> list[type]:
    """The public classes that a module defines itself, errors left out."""
    found = (one for _, one in inspect.getmembers(module, inspect.isclass))
    own = [one for one in found if one.__module__ == module.__name__ and not one.__name__.startswith("_")]
    return [one for one in own if not issubclass(one, RegimenError)]


def test_every_model_is_named_and_no_other() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("ivig_care.")]
    assert _table("Models", 2) == {(model.__name__, _file_of(model.__module__)) for model in ours}


def test_every_value_of_the_regimen_is_named_and_no_other() -> None:
    stems = sorted(path.stem for path in (ROOT / "ivig_care/regimen").glob("[!_]*.py"))
    modules = [importlib.import_module(f"ivig_care.regimen.{stem}") for stem in stems]
    values = [one for module in modules for one in _classes_of(module)]
    assert _table("The regimen", 2) == {(one.__name__, _file_of(one.__module__)) for one in values}


def test_every_state_of_a_step_is_explained() -> None:
    words = re.findall(r"\*\*(\w+)\*\*", section(PAGE, "Words for people and things"))
    assert words == [state.value for state in State]

"""The forms that a page shows, with everything that they would send as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """One form: where it leads, how, and what it says; `choices` are the other values that it offers for a field."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: tuple[str, list[str], str | None] | None = None
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(action=said.get("action", ""), method=said.get("method", "get").upper())
            self.forms.append(self._form)
        form, name = self._form, said.get("name", "")
        if form is None or (not name and tag != "option"):
            return
        match tag:
            case "input":
                self._take(form, name, said)
            case "button":  # sent only when pressed
                form.choices.setdefault(name, []).append(said.get("value", ""))
            case "select":
                self._select = (name, [], None)
            case "option" if self._select is not None:
                select, values, chosen = self._select
                value = said.get("value", "")
                values.append(value)
                self._select = (select, values, value if "selected" in said else chosen)
            case "textarea":
                self._area = (name, [])

    @staticmethod
    def _take(form: Form, name: str, said: dict[str, str]) -> None:
        value = said.get("value", "on" if said.get("type") == "checkbox" else "")
        form.choices.setdefault(name, []).append(value)
        is_chosen = said.get("type") not in ("checkbox", "radio", "submit") or "checked" in said
        if is_chosen:
            form.fields.append((name, value))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        form = self._form
        if tag == "select" and self._select is not None and form is not None:
            name, values, chosen = self._select
            form.choices[name] = values
            form.fields.append((name, chosen if chosen is not None else (values or [""])[0]))
            self._select = None
        if tag == "textarea" and self._area is not None and form is not None:
            form.fields.append((self._area[0], "".join(self._area[1])))
            self._area = None
        if tag == "form":
            self._form = None


def forms_in(page: str) -> list[Form]:
    """Every form of a page."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.forms

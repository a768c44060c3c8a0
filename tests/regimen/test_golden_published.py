"""The published protocols of FACTS sections 2 and 3, worked out by hand in `golden/` and reproduced to the second.

How each was derived stands in `golden/<name>.md`; how such a case is written in `golden/README.md`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from ivig_care.regimen.preview import preview
from tests.regimen.builders import GOLDEN, golden

ABOVE, USE_UNKNOWN, LIMIT_UNKNOWN = "rate-above-ceiling", "rate-ceiling-unknown", "limit-unknown"
CAPPED, ROUNDED, FAST = "dose-capped", "dose-rounded", "starts-fast"


@dataclass(frozen=True, kw_only=True)
class Published:
    """A golden case: the local time at which each day ends, and the codes of the warnings that must come."""

    name: str
    ends: tuple[str, ...]
    warns: tuple[str, ...] = ()


CASES = (
    Published(name="P1-cure-jm", ends=("Sat 2027-03-13 14:45:00 EST",), warns=(USE_UNKNOWN,)),
    Published(name="P2-P3-P11-aftercare", ends=("Mon 2028-02-28 12:12:00 EST",)),
    Published(
        name="P4-cheo",
        ends=("Thu 2026-12-31 11:08:08 EST", "Fri 2027-01-01 11:08:08 EST"),
        warns=(ABOVE,),
    ),
    Published(name="P5-rch-cadence", ends=("Sun 2026-10-04 12:17:36 AEDT",), warns=(FAST,)),
    Published(name="P7-nl-ivig002", ends=("Thu 2026-11-05 10:53:45 NST",)),
    Published(name="P8-eu-privigen", ends=("Sat 2026-10-24 13:36:53 CEST",)),
    Published(name="P8-kiovig-first", ends=("Sun 2027-03-28 11:22:30 CEST",)),
    Published(name="P9-hlh-reaction", ends=("Wed 2026-07-15 14:45:00 CDT",)),
    Published(name="P10-rapid-itp", ends=("Sat 2027-04-03 17:04:00 +11",), warns=(ABOVE, FAST)),
    Published(
        name="P12-P18-pans",
        ends=("Thu 2026-09-24 14:50:00 +1245", "Fri 2026-09-25 14:50:00 +1245"),
        warns=(ROUNDED, USE_UNKNOWN, FAST),
    ),
    Published(name="P13-ui-neonate", ends=("Tue 2028-02-29 13:45:00 CST",)),
    Published(name="P14-new-lot", ends=("Mon 2026-08-10 15:27:30 PDT",)),
    Published(
        name="P15-nsccm",
        ends=("Fri 2027-01-01 07:53:45 +0545",),
        warns=(LIMIT_UNKNOWN, LIMIT_UNKNOWN, USE_UNKNOWN),
    ),
    Published(name="P16-nufactor-asceniv", ends=("Sun 2026-09-06 11:35:57 -03",)),
    Published(name="P17-panzyga", ends=("Tue 2026-10-13 10:50:00 EDT",)),
    Published(name="P19-privigen-us", ends=("Fri 2027-02-05 15:13:45 PST",)),
    Published(name="bivigam", ends=("Wed 2026-10-07 11:43:10 AKDT",)),
    Published(name="flebogamma-5-night", ends=("Sat 2027-03-27 15:00:00 EET",)),
    Published(name="gamunex-c-cidp", ends=("Mon 2026-11-30 11:12:30 MST",)),
    Published(name="iqymune", ends=("Thu 2026-12-31 23:07:30 CET",)),
    Published(
        name="jiim-70-g",
        ends=("Wed 2026-10-21 11:43:45 EDT", "Thu 2026-10-22 11:18:45 EDT"),
        warns=(CAPPED, USE_UNKNOWN),
    ),
    Published(name="octagam-10-itp", ends=("Tue 2026-12-01 10:45:50 IST",)),
    Published(name="octagam-5", ends=("Tue 2027-01-12 11:58:36 NZDT",)),
)
NAMES = tuple(case.name for case in CASES)

# The rows of FACTS section 2 that give numbers, and the case of each.
PROTOCOLS = {
    "P1": "P1-cure-jm",
    "P2": "P2-P3-P11-aftercare",
    "P3": "P2-P3-P11-aftercare",
    "P4": "P4-cheo",
    "P5": "P5-rch-cadence",
    "P7": "P7-nl-ivig002",
    "P8": "P8-eu-privigen",
    "P9": "P9-hlh-reaction",
    "P10": "P10-rapid-itp",
    "P11": "P2-P3-P11-aftercare",
    "P12": "P12-P18-pans",
    "P13": "P13-ui-neonate",
    "P14": "P14-new-lot",
    "P15": "P15-nsccm",
    "P16": "P16-nufactor-asceniv",
    "P17": "P17-panzyga",
    "P18": "P12-P18-pans",
    "P19": "P19-privigen-us",
}
# Sydney Children's: the excerpt gives no number.
WITHOUT_NUMBERS = {"P6"}

# The products of FACTS section 3 with a starting and a highest rate, and the case that climbs from one to the other.
PRODUCTS = {
    "Asceniv": "P16-nufactor-asceniv",
    "Bivigam": "bivigam",
    "Flebogamma DIF 5 %": "flebogamma-5-night",
    "Gammagard Liquid": "P2-P3-P11-aftercare",
    "Gamunex-C": "gamunex-c-cidp",
    "Iqymune": "iqymune",
    "Kiovig": "P8-kiovig-first",
    "Octagam 10 %": "octagam-10-itp",
    "Octagam 5 %": "octagam-5",
    "Panzyga": "P17-panzyga",
    "Privigen (EU/AU)": "P8-eu-privigen",
    "Privigen (US)": "P19-privigen-us",
}


@cache
def _shown(name: str) -> Any:
    return _previewed(golden(name))


def _previewed(document: dict[str, Any]) -> Any:
    return preview(json.dumps(document))


def _rows(file: str) -> list[dict[str, str]]:
    with (GOLDEN / file).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def _timeline(shown: Any) -> list[tuple[str, str, str]]:
    return [(line["local"], line["utc"], line["text"]) for line in shown["timeline"]]


def _codes(shown: Any) -> list[str]:
    return sorted(warning["code"] for warning in shown["warnings"])


@pytest.mark.parametrize("name", NAMES)
def test_timeline_is_the_derivation_row_for_row(name: str) -> None:
    expected = [(row["local"], row["utc"], row["text"]) for row in _rows(f"{name}.csv")]

    assert _timeline(_shown(name)) == expected


RUNG = ("starts_after", "ml_per_kg_h", "ml_h", "minutes", "volume_ml")


@pytest.mark.parametrize("name", NAMES)
def test_ladder_of_each_day_is_the_derivation_exactly(name: str) -> None:
    # Written there as decimals, or as fractions where a decimal would not end.
    expected = [
        (int(row["day"]), *(float(Fraction(row[field])) for field in RUNG)) for row in _rows(f"{name}.ladder.csv")
    ]

    shown = [
        (day["number"], *(rung[field] for field in RUNG)) for day in _shown(name)["days"] for rung in day["ladder"]
    ]

    assert shown == expected


@pytest.mark.parametrize("name", NAMES)
def test_rungs_of_the_derivation_follow_one_another_and_add_up_to_the_dose(name: str) -> None:
    rungs = [tuple(Fraction(row[field]) for field in ("day", *RUNG)) for row in _rows(f"{name}.ladder.csv")]

    for day in _shown(name)["days"]:
        mine = [rung for rung in rungs if rung[0] == day["number"]]
        assert float(sum(rung[-1] for rung in mine)) == day["volume_ml"]
        assert float(sum(rung[-2] for rung in mine)) == day["minutes"]
        begins = Fraction(0)
        for _, starts_after, _, ml_h, minutes, volume_ml in mine:
            assert starts_after == begins
            assert volume_ml == ml_h * minutes / 60
            begins += minutes


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_each_day_ends_when_the_derivation_says(case: Published) -> None:
    assert tuple(day["end"]["local"] for day in _shown(case.name)["days"]) == case.ends


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_exactly_the_warnings_of_the_derivation_come(case: Published) -> None:
    assert _codes(_shown(case.name)) == sorted(case.warns)


@pytest.mark.parametrize("name", NAMES)
def test_document_a_clinician_reads_holds_the_same_lines_and_rungs(name: str) -> None:
    cells = [
        tuple(cell.strip().replace("*", "") for cell in line.strip("|").split("|"))
        for line in (GOLDEN / f"{name}.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| \d+ \|", line)
    ]
    lines = [row[1:] for row in cells if len(row) == 4 and row[2].endswith("Z")]
    rungs = [tuple(cell.split(" ")[0] for cell in (row[1], *row[-4:])) for row in cells if len(row) in (6, 7)]

    assert lines == [(row["local"], row["utc"], row["text"]) for row in _rows(f"{name}.csv")]
    # Two days that run alike share one table.
    by_day: dict[str, list[tuple[str, ...]]] = {row["day"]: [] for row in _rows(f"{name}.ladder.csv")}
    for row in _rows(f"{name}.ladder.csv"):
        by_day[row["day"]].append(tuple(row[field] for field in RUNG))
    tables = list(by_day.values())
    once = tables[:1] if all(table == tables[0] for table in tables) else tables
    assert rungs == [rung for table in once for rung in table]


@pytest.mark.parametrize(("number", "name"), PROTOCOLS.items())
def test_every_published_protocol_with_numbers_has_a_case_that_names_it(number: str, name: str) -> None:
    assert name in NAMES
    assert re.search(rf"\b{number}\b", golden(name)["protocol"]["source"])
    assert re.search(rf"\b{number}\b", (GOLDEN / f"{name}.md").read_text(encoding="utf-8"))


def test_table_of_protocols_leaves_no_row_of_facts_out() -> None:
    assert PROTOCOLS.keys() | WITHOUT_NUMBERS == {f"P{number}" for number in range(1, 20)}


@pytest.mark.parametrize(("product", "name"), PRODUCTS.items())
def test_every_product_with_a_known_ladder_has_a_case(product: str, name: str) -> None:
    assert golden(name)["infusion"]["product"]["name"] == product


def test_every_file_belongs_to_a_case() -> None:
    known = {f"{name}.{kind}" for name in NAMES for kind in ("json", "csv", "ladder.csv", "md")}
    examples = {f"{name}.{kind}" for name in ("E1", "E3", "E4") for kind in ("json", "csv")}

    assert {file.name for file in GOLDEN.iterdir()} == known | examples | {"README.md"}


# The nights and zones that the cases must reach, as the abbreviations in their timelines show them.
CALENDAR = [
    pytest.param("P1-cure-jm", ("EST", "EDT"), id="clocks go forward"),
    pytest.param("P8-eu-privigen", ("CEST", "CET"), id="clocks go back"),
    pytest.param("jiim-70-g", ("EDT", "EST"), id="clocks go back within the watch"),
    pytest.param("P16-nufactor-asceniv", ("-04", "-03"), id="no midnight, in Chile"),
    pytest.param("flebogamma-5-night", ("EET", "EEST"), id="no midnight, in Lebanon"),
    pytest.param("P10-rapid-itp", ("+11", "+1030"), id="clocks go back by half an hour"),
    pytest.param("P12-P18-pans", ("+1245", "+1345"), id="45 minutes, clocks go forward"),
    pytest.param("P15-nsccm", ("+0545",), id="45 minutes, no change ever"),
]


@pytest.mark.parametrize(("name", "abbreviations"), CALENDAR)
def test_cases_reach_the_nights_of_the_change_and_odd_zones(name: str, abbreviations: tuple[str, ...]) -> None:
    assert tuple(dict.fromkeys(row["local"].split()[-1] for row in _rows(f"{name}.csv"))) == abbreviations


@pytest.mark.parametrize(
    ("name", "day"),
    [("P2-P3-P11-aftercare", "2028-02-29"), ("P13-ui-neonate", "2028-02-29"), ("P4-cheo", "2027-01-01")],
)
def test_cases_reach_the_leap_day_and_the_new_year(name: str, day: str) -> None:
    assert day in {row["local"].split()[1] for row in _rows(f"{name}.csv")}


# Ingredient: doses, smallest gap, most in 24 h, most mg and mg/kg in 24 h.
LEDGERS = {
    "P1-cure-jm": {"acetaminophen": (10, "8 h", 3, 681, 30)},
    "P4-cheo": {"acetaminophen": (2, "24 h", 1, 375, 15)},
    "P15-nsccm": {
        "acetaminophen": (1, None, 1, 1000, float(Fraction(50, 3))),
        "pheniramine": (1, None, 1, 25, float(Fraction(5, 12))),
        "ranitidine": (1, None, 1, 50, float(Fraction(5, 6))),
    },
    "flebogamma-5-night": {"acetaminophen": (6, "6 h", 3, 1350, 45)},
}


@pytest.mark.parametrize(("name", "ledger"), LEDGERS.items())
def test_ledger_counts_what_the_derivation_counts(name: str, ledger: dict[str, tuple[Any, ...]]) -> None:
    fields = ("doses", "smallest_gap", "most_in_24h", "most_mg_in_24h", "most_mg_per_kg_in_24h")

    assert {line["ingredient"]: tuple(line[field] for field in fields) for line in _shown(name)["ledger"]} == ledger


WINDOWS = [
    pytest.param(
        "P16-nufactor-asceniv",
        "call.d1",
        {
            "opens": "Sat 2026-09-05 09:00:00 -04",
            "due": "Sat 2026-09-05 09:00:00 -04",
            "late": "Sat 2026-09-05 21:00:00 -04",
            "closes": "Sun 2026-09-06 10:00:00 -03",
        },
        id="P16 calls 24 to 12 h before",
    ),
    pytest.param(
        "P19-privigen-us",
        "premed.d1.diphenhydramine",
        {
            "opens": "Fri 2027-02-05 09:00:00 PST",
            "due": "Fri 2027-02-05 09:00:00 PST",
            "late": "Fri 2027-02-05 09:30:00 PST",
            "closes": "Fri 2027-02-05 10:00:00 PST",
        },
        id="P19 gives it 60 to 30 min before",
    ),
]


@pytest.mark.parametrize(("name", "slot", "window"), WINDOWS)
def test_window_is_the_span_that_the_source_gives(name: str, slot: str, window: dict[str, str]) -> None:
    (step,) = (step for step in _shown(name)["steps"] if step["slot"] == slot)

    assert {moment: step[moment]["local"] for moment in window} == window


def test_as_needed_acetaminophen_has_its_own_place_and_no_line() -> None:
    (ordered,) = _shown("P2-P3-P11-aftercare")["as_needed"]

    assert (ordered["dose"]["mg"], ordered["every"], ordered["most_in_24h"]) == (315, "6 h", 4)
    assert ordered["opens"]["local"] == "Mon 2028-02-28 12:12:00 EST"
    assert ordered["closes"]["local"] == "Thu 2028-03-02 12:12:00 EST"
    assert not any("acetaminophen" in row["text"] for row in _rows("P2-P3-P11-aftercare.csv"))


# Number of the infusion: weeks, local start of each day of the next one.
FORTNIGHT = (2, ["Wed 2026-11-04 09:00:00 EST", "Thu 2026-11-05 09:00:00 EST"])
MONTH = (4, ["Wed 2026-11-18 09:00:00 EST", "Thu 2026-11-19 09:00:00 EST"])


@pytest.mark.parametrize(("number", "proposed"), [(1, FORTNIGHT), (2, FORTNIGHT), (3, MONTH), (4, MONTH)])
def test_juvenile_myositis_comes_back_after_a_fortnight_twice_then_monthly(
    number: int, proposed: tuple[int, list[str]]
) -> None:
    document = golden("jiim-70-g")
    document["infusion"]["number"] = number

    following = _previewed(document)["next"]

    assert (following["weeks"], [start["local"] for start in following["starts"]]) == proposed
    assert following["earliest"] == following["latest"] == proposed[1][0].split()[1]


def test_next_infusion_is_not_proposed_while_nobody_knows_which_one_this_is() -> None:
    document = golden("jiim-70-g")
    del document["infusion"]["number"]

    assert _previewed(document)["next"] is None


def test_visit_may_move_four_days_either_way_and_keeps_its_wall_clock() -> None:
    assert _shown("P17-panzyga")["next"] == {
        "weeks": 4,
        "starts": [{"utc": "2026-11-10T14:00:00Z", "local": "Tue 2026-11-10 09:00:00 EST"}],
        "earliest": "2026-11-06",
        "latest": "2026-11-14",
    }


Edit = Callable[[dict[str, Any]], object]


def _last_rate(**rate: float) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        document["protocol"]["ladder"]["steps"][-1] = rate

    return edit


def _used_for(indication: str) -> Edit:
    return lambda document: document["protocol"].update(indication=indication)


def _said(**facts: Any) -> Edit:
    return lambda document: document["infusion"].update(facts)


RISK = _said(flags=["renal-or-thrombosis"])
ONE_WARNING_MORE = [
    pytest.param("P1-cure-jm", (_last_rate(ml_per_kg_h=2.5),), [ABOVE, USE_UNKNOWN], id="P1 first, 2.5 above its 2.0"),
    pytest.param(
        "P1-cure-jm",
        (_last_rate(ml_per_kg_h=2.5), _said(is_first=None)),
        [ABOVE, USE_UNKNOWN],
        id="P1 perhaps first, 2.5 above its 2.0",
    ),
    pytest.param(
        "P1-cure-jm", (_last_rate(ml_per_kg_h=2.5), _said(is_first=False)), [USE_UNKNOWN], id="P1 not first, 2.5"
    ),
    pytest.param("P19-privigen-us", (_last_rate(mg_per_kg_min=8),), [ABOVE], id="Privigen in ITP, 8 above 4"),
    pytest.param("P19-privigen-us", (_last_rate(mg_per_kg_min=8), _used_for("PI")), [], id="Privigen in PI, 8"),
    pytest.param("P19-privigen-us", (_last_rate(mg_per_kg_min=8), _used_for("CIDP")), [], id="Privigen in CIDP, 8"),
    pytest.param("P17-panzyga", (_used_for("ITP"),), [ABOVE], id="Panzyga in ITP, 14 above 8"),
    pytest.param("P17-panzyga", (_used_for("CIDP"),), [ABOVE], id="Panzyga in CIDP, 14 above 12"),
    pytest.param("P17-panzyga", (RISK,), [ABOVE], id="Panzyga at risk, 14 above 3.3"),
    pytest.param("octagam-10-itp", (_used_for("DM"),), [ABOVE], id="Octagam 10 % in DM, 12 above 4"),
    pytest.param("octagam-10-itp", (RISK,), [ABOVE], id="Octagam 10 % at risk, 12 above 3.3"),
    pytest.param("octagam-5", (RISK,), [], id="Octagam 5 % at risk, 3.33 is its cap"),
    pytest.param("bivigam", (RISK,), [ABOVE], id="Bivigam at risk, 6 above 2"),
    pytest.param("gamunex-c-cidp", (RISK,), [USE_UNKNOWN], id="Gamunex-C at risk, no number known"),
]


@pytest.mark.parametrize(("name", "edits", "codes"), ONE_WARNING_MORE)
def test_ceiling_depends_on_use_first_infusion_and_risk(name: str, edits: tuple[Edit, ...], codes: list[str]) -> None:
    document = golden(name)
    for edit in edits:
        edit(document)

    assert _codes(_previewed(document)) == codes


SLOW = "Slow start: first infusion, or more than 8 weeks since the last"
WATCH_20, WATCH_60 = "Observed until now (20 min)", "Observed until now (1 h: first infusion or a long gap)"
EXTRA = "Extra care: first dose, another brand, or more than 8 weeks since the last"
LONG_AGO = {"ended_at": "2026-01-05T13:00", "product": "Asceniv"}
DRINK = "Start water, juice and power drinks; no coffee"
CONDITIONS = [
    pytest.param("P7-nl-ivig002", {}, {SLOW}, set(), id="P7 8 weeks and half an hour"),
    pytest.param(
        "P7-nl-ivig002",
        {"last": {"ended_at": "2026-09-10T10:00", "product": "Gamunex-C"}},
        set(),
        {SLOW},
        id="P7 8 weeks to the minute",
    ),
    pytest.param("P7-nl-ivig002", {"last": None}, {SLOW}, set(), id="P7 nobody knows the last"),
    pytest.param("P7-nl-ivig002", {"is_first": True, "last": None}, {SLOW}, set(), id="P7 first"),
    pytest.param("P8-eu-privigen", {}, {WATCH_20}, {WATCH_60}, id="P8 usual"),
    pytest.param("P8-eu-privigen", {"is_first": True, "last": None}, {WATCH_60}, {WATCH_20}, id="P8 first"),
    pytest.param("P8-eu-privigen", {"is_first": None}, {WATCH_20, WATCH_60}, set(), id="P8 perhaps first: both"),
    pytest.param("P8-kiovig-first", {}, {WATCH_60}, {WATCH_20}, id="Kiovig first"),
    pytest.param("P16-nufactor-asceniv", {}, {EXTRA}, set(), id="P16 another brand"),
    pytest.param(
        "P16-nufactor-asceniv",
        {"last": {"ended_at": "2026-08-09T13:00", "product": "Asceniv"}},
        set(),
        {EXTRA},
        id="P16 the same brand",
    ),
    pytest.param("P16-nufactor-asceniv", {"last": LONG_AGO}, {EXTRA}, set(), id="P16 the same brand, long ago"),
    pytest.param("P12-P18-pans", {}, {DRINK}, set(), id="P12 drinks"),
    pytest.param("P12-P18-pans", {"conditions": ["fluids limited"]}, set(), {DRINK}, id="P12 fluids limited"),
]


@pytest.mark.parametrize(("name", "facts", "there", "gone"), CONDITIONS)
def test_lines_under_a_condition_come_and_go(name: str, facts: dict[str, Any], there: set[str], gone: set[str]) -> None:
    document = golden(name)
    document["infusion"].update(facts)

    texts = {line["text"] for line in _previewed(document)["timeline"]}

    assert there <= texts
    assert not gone & texts


# Local clock of the end, and the rates that the pump is still to be set to after the pause.
RESTARTS = [
    pytest.param(10.8, "17:50:00", [10.8], id="the first rung: held too"),
    pytest.param(21.6, "14:45:00", [21.6], id="the last tolerated rung: held"),
    pytest.param(43.2, "12:41:15", [43.2, 86.4], id="the rung that it left: goes on"),
    pytest.param(15, "16:06:24", [15], id="a rate of its own: held"),
]


@pytest.mark.parametrize(("ml_h", "clock", "rates"), RESTARTS)
def test_restart_after_the_reaction_is_held_below_the_rate_that_was_left(
    ml_h: float, clock: str, rates: list[float]
) -> None:
    document = golden("P9-hlh-reaction")
    document["infusion"]["days"][0]["rates"][1]["ml_h"] = ml_h

    (day,) = _previewed(document)["days"]

    assert day["end"]["local"] == f"Wed 2026-07-15 {clock} CDT"
    assert [rung["ml_h"] for rung in day["ladder"][4:]] == rates


def test_without_the_reaction_the_ladder_would_have_ended_at_12_06_15() -> None:
    document = golden("P9-hlh-reaction")
    del document["infusion"]["days"][0]["rates"]

    assert _previewed(document)["days"][0]["end"]["local"] == "Wed 2026-07-15 12:06:15 CDT"


def test_without_the_cap_in_ml_per_hour_the_heavy_child_would_be_done_after_133_75_minutes() -> None:
    document = golden("P5-rch-cadence")
    del document["protocol"]["ladder"]["max_ml_h"]

    shown = _previewed(document)

    assert shown["days"][0]["minutes"] == 133.75
    assert shown["days"][0]["ladder"][-1]["ml_h"] == 307.2


def test_acetaminophen_held_instead_of_shifted_keeps_to_its_six_hours_through_the_night() -> None:
    document = golden("flebogamma-5-night")
    del document["protocol"]["courses"][0]["at_night"]

    doses = [line for line in _timeline(_previewed(document)) if line[2] == "acetaminophen 450 mg"]

    assert [local for local, _, _ in doses] == [
        "Sat 2027-03-27 15:00:00 EET",
        "Sat 2027-03-27 21:00:00 EET",
        "Sun 2027-03-28 04:00:00 EEST",
        "Sun 2027-03-28 10:00:00 EEST",
        "Sun 2027-03-28 16:00:00 EEST",
        "Sun 2027-03-28 22:00:00 EEST",
        "Mon 2027-03-29 04:00:00 EEST",
        "Mon 2027-03-29 10:00:00 EEST",
        "Mon 2027-03-29 16:00:00 EEST",
    ]

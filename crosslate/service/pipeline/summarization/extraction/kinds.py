"""What speaks for a unit in texts of some kinds only, and how a text's kind shows.

Shapes: N units.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from crosslate.service.pipeline.summarization.extraction.cues import CONTRACT, CUES, DATE, DEPENDENT
from crosslate.service.pipeline.summarization.extraction.units import Unit

_NUMBER = re.compile(r"\d")
_PERSON = re.compile(r"\b(?:he|she|him|her|his|hers|i|my|me)\b", re.IGNORECASE)
_STORY_PERSONS, _STORY_NUMBERS = 0.4, 0.25
"""Of the units of a story or poem at least and at most so many have a person, and a number."""
_CONTRACT_SHARE = 0.4
_CLAUSE_WORDS = 18
"""Of a clause's sentence that says one thing whole; the long ones of contracts are enumerations."""
_DEPENDENT_CLAUSE = re.compile(
    rf"(?:{DEPENDENT.pattern}|(?:furthermore|meanwhile|moreover|however|in addition)\b)", re.IGNORECASE
)
"""Contracts are often copied without their capitals."""
_MANUAL = re.compile(
    r"`|\b\w+\(\)|(?<!\w)--?[a-z]|\b(?:function|method|library|package|command|option|argument|parameter|default|"
    r"returns?|raises?|exit status|install(?:ed|ation)?|file|folder|configur\w+|version|API|endpoint|server|"
    r"dependenc\w+|Python|SQLite|Linux|pull requests?|license|error|class|string|bytes|text)\b"
)
_MANUAL_SHARE = 0.4
_MINUTES = re.compile(
    r"\b(?:present|attending|attendees|apologies|absent|chair|notes|minutes):|"
    r"\((?:chair|minutes|notes|lead)\)|\bnext (?:meeting|appointment|session)\b|\bagenda\b|\bmeeting\b|"
    r"\btreasurer\b|\bany other business\b|\bthe minutes\b|\bdecision:|"
    r"\bthe (?:council|board|committee) (?:decided|agreed|voted|resolved|talked|asked)\b|"
    r"\b(?:was|were) (?:discussed|welcomed|reminded|approved|agreed|decided|elected)\b",
    re.IGNORECASE,
)
_MIN_MINUTES = 2


def of_kinds(units: Sequence[Unit]) -> dict[str, list[float]]:
    """What counts otherwise in some kinds of text.

    A story does not begin with what it is about; a clause of a contract does, and restricts it afterwards.
    """
    count = len(units)
    is_talk, is_story = any(unit.speaker is not None for unit in units), _is_story(units)
    in_contract, in_manual, in_minutes = is_contract(units), _is_manual(units), _is_minutes(units)
    is_reply = any(unit.is_cited for unit in units) and not all(unit.is_cited for unit in units)
    lengths = [math.log(1 + len(unit.words)) for unit in units]
    return {
        "story_first": [float(is_story and i == 0) for i in range(count)],
        "story_last": [float(is_story and i >= count - 2) for i in range(count)],
        "story_relative": [is_story * i / max(count - 1, 1) for i in range(count)],
        "story_length": [is_story * length for length in lengths],
        "talk_length": [is_talk * length for length in lengths],
        "contract_first": [float(in_contract and i == 0) for i in range(count)],
        "contract_relative": [in_contract * i / max(count - 1, 1) for i in range(count)],
        "contract_length": [-in_contract * abs(length - math.log(1 + _CLAUSE_WORDS)) for length in lengths],
        "contract_dependent": [
            float(in_contract and _DEPENDENT_CLAUSE.match(unit.text) is not None) for unit in units
        ],
        "cited": [float(is_reply and unit.is_cited) for unit in units],
        "manual_first": [float(in_manual and i == 0) for i in range(count)],
        "manual_relative": [in_manual * i / max(count - 1, 1) for i in range(count)],
        "minutes_date": [float(in_minutes and DATE.search(unit.text) is not None) for unit in units],
        "minutes_report": [
            float(in_minutes and CUES["report"].search(unit.text) is not None) for unit in units
        ],
    }


def _is_story(units: Sequence[Unit]) -> bool:
    """A story or a poem: about people, without figures, and told by one."""
    if any(unit.speaker is not None for unit in units):
        return False
    num_persons = sum(_PERSON.search(unit.text) is not None for unit in units)
    num_figures = sum(_NUMBER.search(unit.text) is not None for unit in units)
    return num_persons >= _STORY_PERSONS * len(units) and num_figures < _STORY_NUMBERS * len(units)


def is_contract(units: Sequence[Unit]) -> bool:
    """A contract, terms of use, a privacy policy."""
    if any(unit.speaker is not None for unit in units):
        return False
    return sum(CONTRACT.search(unit.text) is not None for unit in units) >= _CONTRACT_SHARE * len(units)


def _is_manual(units: Sequence[Unit]) -> bool:
    """Documentation of something technical."""
    if any(unit.speaker is not None for unit in units) or _is_minutes(units):
        return False
    return sum(_MANUAL.search(unit.text) is not None for unit in units) >= _MANUAL_SHARE * len(units)


def _is_minutes(units: Sequence[Unit]) -> bool:
    """Of a meeting."""
    num_signs = sum(_MINUTES.search(unit.text) is not None for unit in units)
    num_reports = sum(CUES["report"].search(unit.text) is not None for unit in units)
    return num_signs > 0 and num_signs + num_reports > max(_MIN_MINUTES, len(units) / 5)

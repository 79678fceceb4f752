"""Days and months in short, by language, and what tells that they are such: tables for `whole_days`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DayNames:
    """How a language writes days and months in short."""

    days: Mapping[str, str]
    """Short forms -> what is read."""
    months: Mapping[str, str]
    other_days: str
    """Days in full, which may stand beside short ones: a pattern."""
    joins: str
    """Words between two of them: a pattern."""
    to: str
    """What a dash between two of them is read as."""
    certain: frozenset[str]
    """Short forms that are days behind what is asked of a day, such as `every`."""
    before: str
    """That: a pattern."""
    of_day: str
    """What stands between a day and its month: a pattern."""
    closed: str
    """What is said of a day without hours: a pattern."""
    of_closed: tuple[str, ...]
    """What each of these has."""
    dot: str
    """Behind a short form that is one at a single hour: a pattern."""
    at_hour: str
    """What stands between such a day and its hour, and that: a pattern."""
    with_stop: str | None = None
    """A preposition, and short forms that are days behind it with a full stop: a pattern; None of none."""
    parts_days: bool = False
    """Whether a dash between two days in full is read so, too: models leave out the second."""
    flags: re.RegexFlag = field(default=re.RegexFlag(0))


_ENGLISH = DayNames(
    days={
        "Mon": "Monday",
        **dict.fromkeys(("Tue", "Tues"), "Tuesday"),
        **dict.fromkeys(("Wed", "Weds"), "Wednesday"),
        **dict.fromkeys(("Thu", "Thur", "Thurs"), "Thursday"),
        "Fri": "Friday",
        "Sat": "Saturday",
        "Sun": "Sunday",
    },
    months={
        "Jan": "January",
        "Feb": "February",
        "Mar": "March",
        "Apr": "April",
        "Jun": "June",
        "Jul": "July",
        "Aug": "August",
        **dict.fromkeys(("Sep", "Sept"), "September"),
        "Oct": "October",
        "Nov": "November",
        "Dec": "December",
    },
    other_days="(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?",
    joins="to|and|or|through|thru|till|until",
    to="to",
    certain=frozenset({"Mon", "Tue", "Tues", "Wed", "Weds", "Thu", "Thur", "Thurs", "Fri"}),
    before="every|on|next|last|this|by|until|till|from|since|each|before|after|and|or",
    of_day=r"(?:st|nd|rd|th)?\s(?:of\s)?",
    closed="closed|by appointment",
    of_closed=("closed", "by app"),
    dot=r"\.?",
    at_hour=r",?\s(?:at\s)?\d{1,2}(?:[:.]\d\d)?\s?[aApP]\.?[mM]",
)
_PORTUGUESE = DayNames(
    days={
        "seg": "segunda",
        "ter": "terça",
        "qua": "quarta",
        "qui": "quinta",
        "sex": "sexta",
        **dict.fromkeys(("sáb", "sab"), "sábado"),
        "dom": "domingo",
        **dict.fromkeys(("2ª", "2.ª"), "segunda"),
        **dict.fromkeys(("3ª", "3.ª"), "terça"),
        **dict.fromkeys(("4ª", "4.ª"), "quarta"),
        **dict.fromkeys(("5ª", "5.ª"), "quinta"),
        **dict.fromkeys(("6ª", "6.ª"), "sexta"),
    },
    months={
        "jan": "janeiro",
        "fev": "fevereiro",
        "mar": "março",
        "abr": "abril",
        "mai": "maio",
        "jun": "junho",
        "jul": "julho",
        "ago": "agosto",
        "set": "setembro",
        "out": "outubro",
        "nov": "novembro",
        "dez": "dezembro",
    },
    other_days="(?:segunda|terça|quarta|quinta|sexta)s?(?:-feiras?)?|sábados?|domingos?|feriados?",
    joins="a|à|e|ou|até",
    to="a",
    certain=frozenset({"sáb"}),
    before=r"\w+",
    of_day=r"º?\sde\s",
    closed="fechad[oa]|encerrad[oa]",
    of_closed=("fechad", "encerrad"),
    dot=r"\.",
    at_hour=r",?\s(?:(?:às|das|à|pelas)\s)?\d{1,2}(?:h|:\d\d)",
    with_stop=r"(?i:até|na|nesta|desta|próxima|desde)\s(?P<day>(?:seg|ter|qua|qui|sex|sáb|sab|dom)"
    r"(?:\.(?=[,;)]|\s(?:de|às?|pela|e|ou)\s)|(?=\.(?:$|\s(?-i:[A-ZÀ-Þ])))))",
    parts_days=True,
    flags=re.IGNORECASE,
)
LANGUAGES = {"en": _ENGLISH, "pt": _PORTUGUESE}

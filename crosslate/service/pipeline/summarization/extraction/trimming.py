"""What a headline leaves out of a sentence: parts that punctuation sets apart, and that take nothing back.

Whatever is left is a sentence that the whole one implies. So no condition, limit, contrast or negation goes
("if", "until", "but", "without"), and nobody's claim becomes a fact: only what is announced, confirmed or
admitted stands without who does so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span, overlap

_REST = r"[^,;:()\"“”]+(?=[.!]$)"
"""The rest of a sentence, where it is one run of words."""
_SUPPLEMENTS = re.compile(
    r", (?:which|who|whose|where|when|so|because|since|as(?! (?:long|far|soon|if)\b)|while|whereas|after|"
    r"following|despite|including|making|leaving|bringing|meaning|causing|raising|forcing|allowing|due to|"
    rf"thanks to|instead of|rather than|regardless of|compared (?:with|to)|in order to) {_REST}"
)
_RELATIVE = re.compile(
    r"(?<=\w), (?:which|who|whose) [^,;:()\"“”]{1,80},(?= (?:is|was|are|were|has|have|had|will|would|can|"
    r"could|may|must|should|did|does|do|said|says|told|went|came|took|gave|made|found|began|[a-z]{2,}ed)\b)"
)
_CLAUSE = re.compile(rf", and (?:he|she|it|they|we|I|you|there|nobody|this) {_REST}")
_PURPOSE = re.compile(rf" so that {_REST}")
_VOTES = re.compile(r" by \w+ votes to \w+(?= )")
_SECOND = re.compile(r"; [^;:()\"“”]+(?=[.!]$)")
_ANNOUNCED = re.compile(
    r", (?:the |an? |its |[A-Z])[^,;:()\"“”]{1,60}? (?:announced|confirmed|admitted)"
    r"(?: (?:on )?(?:\w+day|today|yesterday))?(?=[.!]$)"
)
_PARENTHESIS = re.compile(r"(?<=\w) \([^()]{1,90}\)(?!:)")
_TAKES_BACK = re.compile(
    r"\b(?:not|no|never|nobody|none|nothing|neither|nor|hardly|only|unless|until|except|if|though|although|but|however|"
    r"without|perhaps|maybe|might|approximately|about|roughly|estimated|allegedly|optional(?:ly)?|\w+n['’]t)\b",
    re.IGNORECASE,
)
_REASON = re.compile(r", (?:so|because|since)\b")
"""Of these it does not matter what they deny."""
_CLEFT = re.compile(r"(?:It|That|This) (?:is|was)\b")
LEAD = re.compile(
    r"(?:So|Then|Finally|In the end|Meanwhile|As a result|Consequently|Overall|In short|Unfortunately|Sadly|"
    r"Fortunately|Luckily|Anyway|Still|Instead|In this (?:paper|study|work|article)), |"
    r"(?:We|They) (?:show|find|found|conclude|demonstrate|have shown|have found) that |"
    r"(?:Our|The|These) (?:results|findings|data|experiments) (?:show|demonstrate|reveal)(?:ed)? that |"
    r"It was (?:decided|agreed) that "
)
"""Words at the beginning that a headline does without."""
_DEPENDS = re.compile(
    r"(?:If|When|Where|Unless|Although|Though|While|Because|Since|As|After|Before|Until|Once|Whenever|Either|"
    r"Neither|Both|Between|Not|What|Whether|Should|Had|Even)\b"
)
"""The first clause alone would be none."""
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
_MIN_BEFORE, _MIN_LEFT = 4, 5
"""Words since the comma before: fewer are items of a list. And words that must be left."""


def trims(sentence: str) -> list[Span]:
    """The parts that a headline leaves out, in order and apart; none where too little would be left."""
    found = [match.span() for match in _PARENTHESIS.finditer(sentence) if _is_within(sentence, match)]
    found += (match.span() for match in _RELATIVE.finditer(sentence) if _is_first(sentence, match))
    found += (match.span() for match in _VOTES.finditer(sentence))
    found += _ending(sentence)
    found = [span for span in _apart(found) if _may_go(sentence[slice(*span)])]
    return found if _num_words(without(sentence, found)) >= _MIN_LEFT else []


def without(sentence: str, spans: list[Span]) -> str:
    """The sentence without these parts of it."""
    left, end = "", 0
    for start, stop in sorted(spans):
        left += sentence[end:start]
        end = stop
    return left + sentence[end:]


def _ending(sentence: str) -> Iterator[Span]:
    """The part before the full stop, if there is one that may go."""
    for pattern in (_SUPPLEMENTS, _ANNOUNCED, _CLAUSE, _SECOND, _PURPOSE):
        match = pattern.search(sentence)
        if match is None:
            continue
        before = sentence[: match.start()]
        if pattern is _SUPPLEMENTS and _CLEFT.match(sentence):
            continue
        if pattern in (_CLAUSE, _SECOND) and (_DEPENDS.match(sentence) or re.search(r"[,;:]", before)):
            continue
        if _num_words(re.split(r"[,;:]", before)[-1]) >= _MIN_BEFORE:
            yield match.span()
            return


def _apart(spans: list[Span]) -> Iterator[Span]:
    """In order, without those that overlap with a longer one."""
    for one in sorted(spans):
        longer = (other for other in spans if other[1] - other[0] > one[1] - one[0])
        if not any(overlap(one, other) for other in longer):
            yield one


def _is_within(sentence: str, match: re.Match[str]) -> bool:
    """And not behind a name or a label at the beginning."""
    return _num_words(sentence[: match.start()]) >= _MIN_BEFORE


def _is_first(sentence: str, match: re.Match[str]) -> bool:
    """Whether no comma before it needs the one behind it."""
    return "," not in sentence[: match.start()]


def _may_go(part: str) -> bool:
    return _REASON.match(part) is not None or _TAKES_BACK.search(part) is None


def _num_words(text: str) -> int:
    return len(_WORD.findall(text))

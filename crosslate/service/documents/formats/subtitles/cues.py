"""Subtitles as they stand in a file: where, when, and what they say."""

from __future__ import annotations

from dataclasses import dataclass

from crosslate.service.documents.document import has_words


@dataclass(frozen=True, slots=True)
class Cue:
    """Where words stand in the file, and when they are shown. Of a dialogue each line is one."""

    start: int
    end: int
    text: str
    begins_s: float
    ends_s: float
    is_alone: bool
    """It neither goes on nor is gone on with."""

    @property
    def lines(self) -> list[str]:
        """Those with words."""
        return [line for line in self.text.splitlines() if has_words(line)]


def seconds_of(time: str) -> float:
    """Of a time such as `0:00:01.50` or `00:01,500`."""
    seconds = 0.0
    for part in time.replace(",", ".").split(":"):
        seconds = 60 * seconds + float(part)
    return seconds

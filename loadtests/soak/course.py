"""How a quantity goes over time."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadtests.tables import markdown_table


@dataclass(frozen=True, slots=True)
class Sample:
    """One look."""

    at_s: float
    value: float


@dataclass(frozen=True, slots=True)
class Course:
    """A quantity over a run, one sample or more."""

    samples: Sequence[Sample]

    @property
    def start(self) -> float:
        """The first sample."""
        return self.samples[0].value

    @property
    def end(self) -> float:
        """The last sample."""
        return self.samples[-1].value

    @property
    def largest(self) -> float:
        """The highest sample."""
        return max(sample.value for sample in self.samples)

    @property
    def slope_per_hour(self) -> float:
        """Of the line that fits best; 0 for fewer than two samples."""
        if len(self.samples) < 2:
            return 0.0
        hours = [sample.at_s / 3600 for sample in self.samples]
        return statistics.linear_regression(hours, [sample.value for sample in self.samples]).slope

    @property
    def change(self) -> float:
        """The largest distance from the start, as a share of it; 0 where it starts with nothing."""
        if self.start == 0:
            return 0.0
        return max(abs(sample.value - self.start) for sample in self.samples) / self.start


def course_table(courses: Mapping[str, Course]) -> str:
    """One line a quantity."""
    header = ["", "start", "end", "most", "largest change", "per hour"]
    rows = [
        [
            name,
            f"{course.start:.0f}",
            f"{course.end:.0f}",
            f"{course.largest:.0f}",
            f"{100 * course.change:.1f} %",
            f"{course.slope_per_hour:+.1f}",
        ]
        for name, course in courses.items()
    ]
    return markdown_table(header, rows)

"""What is known of one model about copying, so that what must survive its translations does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.service.pipeline.fidelity.signs.vocabulary import Vocabulary
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import FORMS, StandIn


@dataclass(frozen=True, slots=True)
class CopyHabits:
    """What is known of one model about copying."""

    vocabulary: Vocabulary | None = None
    """None: it knows everything."""
    forms: Sequence[StandIn] = FORMS
    """Stand-ins that it copies, the best first."""
    prefers_links: bool = False
    """It loses more of them than links misplace: what is protected is taken out and placed by these."""

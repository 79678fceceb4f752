"""How much alignment one request may ask for where nobody sets another limit; the settings have the same."""

from __future__ import annotations

MAX_ALIGNMENT_VALUES = 16_000_000
"""Of all matrices of a request: 43 MB of JSON. Also pairs of words that are looked into, in one piece."""

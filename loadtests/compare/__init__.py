"""Crosslate against its peers, alternately in one run; see `loadtests/compare/__main__.py`."""

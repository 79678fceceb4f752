"""Crosslate: encoder-decoder models behind an HTTP API, with the alignment of what they write."""

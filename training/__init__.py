"""How the starter summarizer was trained: not installed, needed by nobody who only uses it."""

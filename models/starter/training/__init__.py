"""How the starter summarizer was trained; needed by nobody who only uses it."""

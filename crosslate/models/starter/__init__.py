"""The starter summarizer: its weights."""

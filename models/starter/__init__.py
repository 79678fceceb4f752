"""The starter summarizer: its weights and the scripts that made them."""

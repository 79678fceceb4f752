"""The starter summarizer's weights, and which attention of the starter translators shows their links."""

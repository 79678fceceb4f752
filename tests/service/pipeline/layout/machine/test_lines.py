"""Lines that programs wrote, amid others: what of each is read."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.plain.lines import read_lines
from tests.growth import assert_linear
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request


def test_of_events_of_subtitles_what_is_said_is_read() -> None:
    head = "[Events]\nFormat: Layer, Start, Text\n"
    event = "Dialogue: 0,0:00:01.00,0:00:04.00,Default,,0,0,0,,"
    assert read(f"{head}{event}Hello, Tom.\nComment: 0,so,it,is\n{event}Bye") == ["Hello, Tom.", "Bye"]
    assert read("Dialogue: one, two\nFormat: three") == ["Dialogue: one, two", "Format: three"]


def read(text: str) -> list[str]:
    return [text[line.words_start : line.end] for line in read_lines(text, "en")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2026-11-28 10:00:01,123 ERROR foo.bar - Could not open the file", "Could not open the file"),
        ("2026-11-28T10:00:03.123Z [WARN] (main) com.x.Service: It was closed.", "It was closed."),
        ("2026-11-28 10:00:04.001  WARN 42 --- [main] o.s.Application : In use", "In use"),
        ("28/11/2026 10:00:01 PM Disk is full", "Disk is full"),
        ("Nov 28 10:15:32 web01 sshd[2412]: Failed password for admin", "Failed password for admin"),
        ("Nov  8 10:16:01 web01 kernel: [123.678901] usb 1-1: new device", "usb 1-1: new device"),
        ("[Sat Nov 28 10:15:32.12 2026] [core:error] [client 1.2.3.4:52] AH00126: Wrong", "Wrong"),
        ("<34>1 2026-11-28T10:15:32.003Z host app 1234 ID47 - It is full", "It is full"),
        ("INFO:root.x:The model is there.", "The model is there."),
        ("WARN  2024-05-01T12:00:01Z  Disk usage is high", "Disk usage is high"),
        ("[ERROR] The disk is full.", "The disk is full."),
        ("ERROR foo.bar - No such user", "No such user"),
        ("E1128 10:00:01.123456 12345 file.cc:123] Cannot read", "Cannot read"),
        ("11-28 10:00:01.123  1234  5678 E ActivityManager: It died", "It died"),
        ("web_1  | 2026-11-28 10:00:01 INFO: It runs", "It runs"),
        ('ValueError: The name "x" is wrong', 'The name "x" is wrong'),
        ("FileNotFoundError: [Errno 2] No such file", "No such file"),
        ('Exception in thread "main" java.lang.IOException: It is gone', "It is gone"),
        ("Caused by: a.b.CException: It is gone", "It is gone"),
        ("src/main.c:12:5: error: a brace is missing", "a brace is missing"),
        ('time=10:00 level=info msg="It runs now" port=80', "It runs now"),
        ("[10:32] Ana: where are you?", "where are you?"),
        ("[28/11/2026, 10:32:01] Ana Silva: yes", "yes"),
        ("28/11/2026, 10:34 - Maria Silva: I am late", "I am late"),
        ("10:34 <ana> hello all", "hello all"),
        ("[2026-11-28 10:00:01] The server is: down", "The server is: down"),
        ("[2026-11-28 10:00:01] app.INFO: The server is: down", "The server is: down"),
        ("[2026-11-28 10:00:01] [error] It is down", "It is down"),
    ],
)
def test_before_its_message_a_line_stays(line: str, message: str) -> None:
    assert read(line) == [message]
    assert read(f"Hello.\n{line}\nBye.") == ["Hello.", message, "Bye."]


@pytest.mark.parametrize(
    "line",
    [
        "$ sudo apt-get update && ls",
        "$ git status",
        "git push --force origin main",
        "  npm ci && npm run build",
        '192.168.1.20 - - [28/Nov/2026:10:15:32 +0000] "GET /index.html HTTP/1.1" 200 12 "-" "Mozilla/5.0"',
        'www.x.org:80 10.0.0.1 - frank [28/Nov/2026:10:15:33 +0000] "POST /login HTTP/1.1" 401 87',
        "2026/11/28 10:15:33 [error] 1234#0: *5 open() failed (2: No such file), client: 10.0.0.1",
        "Traceback (most recent call last):",
        '  File "/usr/app.py", line 12, in <module>\n    main(all of it)\n    ~~~~^^^',
        "\tat com.example.Main.run(Main.java:42)",
        "    at Object.<anonymous> (/home/x/file.js:10:5)",
        "    at /home/x/file.js:10:5",
        "   at System.IO.File.Open(String path) in C:\\x\\a.cs:line 42",
        "\t... 12 more",
        "KeyError: 'name'",
        "2026-11-28 10:00:01 INFO foo.bar -",
        "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@ def main():\n # a word\n-the old one\n+the new one",
        "WEBVTT - Some title\n\nintro\n00:01.000 --> 00:04.000 align:start",
        "From: Ana <ana@example.org>\nDate: Sat, 28 Nov 2026 10:15:32 +0000\nX-Spam: no, not at all",
    ],
)
def test_lines_without_a_message_stay(line: str) -> None:
    assert read(line) == []
    assert read(f"Hello.\n\n{line}\n\nBye.") == ["Hello.", "Bye."] or line.startswith("WEBVTT")


def test_of_mail_the_subject_is_read() -> None:
    text = "Subject: Re: [list] Big dogs\n and cats\nMessage-ID: <1@x.org>\n\nHello there"
    assert read(text) == ["Big dogs", "and cats", "Hello there"]


@pytest.mark.parametrize(
    "line",
    [
        "At 10:32 the train left.",
        "10:30 - 11:00 Coffee break",
        "2026-11-28 10:00 is the new date.",
        "2026 was a good year - for some.",
        "Error: the file was not found.",
        "WARNING: do not open the door.",
        "at the shop (in town)",
        "from the shop: in town",
        "From: the people\nTo: the king",
        "Subject: Meeting\nFrom: Ana",
        "A --> B: it goes there",
        "Nov 28 is a holiday.",
        "INFO desk: ask there",
        "a = b c=d",
        "+++ Great news +++",
        "--- Part one ---",
        "[See the map below.]",
    ],
)
def test_prose_is_read_as_before(line: str) -> None:
    assert "".join(read(line)).replace(" ", "") in line.replace("\n", "").replace(" ", "")
    assert [len(one) for one in read(line)] == [len(one.strip("+-— ")) for one in line.split("\n")]


async def test_what_is_kept_is_so_byte_for_byte() -> None:
    text = (
        "It fails:\n\n2026-11-28 10:00:02,456  ERROR foo.bar - Could not open\n"
        "\tat a.b.C(D.java:4)\n\nWhy so?"
    )
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text))
    assert result.text == (
        ": fails It\n\n2026-11-28 10:00:02,456  ERROR foo.bar - open not Could\n"
        "\tat a.b.C(D.java:4)\n\n? so Why"
    )


@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [
        ("2026-11-28 10:00:01 ", "[x] ", ""),
        ("", "a=b ", '"'),
        ("at ", "a.b(", ""),
        ("@@ -1 +1 @@", "\n+++ a", ""),
        ("", "+++ a\n", "@@ "),
        ("From: a\n", "> ", "@: x"),
        ("--> ", "\n00:00", ""),
        ('  File "a", line 1', "\n    x", ""),
        ("", "'", '"'),
        ("[10:32] ", "Ana ", ":"),
    ],
)
def test_time_is_in_proportion_to_length(before: str, unit: str, after: str) -> None:
    assert_linear(read, lambda length: before + unit * (length // len(unit)) + after)

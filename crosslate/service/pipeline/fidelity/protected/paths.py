"""What paths of files look like, of Windows and of others, with blanks in them and without."""

from __future__ import annotations

from crosslate.service.pipeline.fidelity.protected.endings import FILES

LINE = r"(?:(?::\d{1,6}){1,2}|\#[A-Za-z][\w\-]{0,60})?"
"""Of a file, and the column in it; or a section of it."""
_FOLDER = r"[^\s\\/:*?\"<>|,;]{1,100}(?: [^\s\\/:*?\"<>|,;]{1,100}){0,5}"
"""Of a path of Windows."""
_NAMED_FOLDER = r"[^\s\\/:*?\"<>|,;]{1,100}(?: [A-Z\d(][^\s\\/:*?\"<>|,;]{0,100}){0,5}"
"""Of other paths: behind a blank a small letter begins a word of the sentence, `in /tmp and docs/`."""
_SMALL_WORDS = (
    "and|or|to|in|into|of|on|at|as|by|for|from|with|via|is|are|was|has|the|a|an|see|then|but|not|under|"
    "e|ou|em|no|na|nos|nas|de|do|da|dos|das|para|por|com|é|são|está|tem|o|os|um|uma|como|ao|aos|à|às|depois|mas|não|sob"
)
_PART = rf"[^\s\\/:*?\"<>|,;.()]{{1,60}}(?: (?!(?:{_SMALL_WORDS})[ /])[^\s\\/:*?\"<>|,;.()]{{1,60}}){{0,2}}"
"""Of a path that ends in the name of a file: there a small letter may go on, `/var/log/my app/error.log`."""
_NAMED_FILE = rf"\.(?:{FILES})(?!\w)"
MARKED_PATHS = (
    rf"(?<![\w\\])\\\\[\w.$\-]{{1,64}}\\(?:{_FOLDER}\\){{0,20}}{_FOLDER}{_NAMED_FILE}",
    r"(?<![\w\\])\\\\[\w.$\-]{1,64}(?:\\[\w.$\-]{1,64}){1,20}",
    r"(?<![\w/.~])(?:~|\.{1,2})/[\w.@+\-/]{1,500}",
    r"(?<![\w/.€$£¥%°])/[A-Za-z_][\w.@+\-]{1,64}(?:/[\w.@+\-]{0,64}){0,20}",
)
"""Those that begin with a sign."""
SPACED_PATHS = (
    rf"(?<![\w/.~<])~?/(?:{_PART}/){{1,20}}{_PART}{_NAMED_FILE}{LINE}",
    rf"(?<![\w/.~<])~?/(?:{_NAMED_FOLDER}/){{1,20}}(?:{_NAMED_FOLDER}{_NAMED_FILE}|[\w.\-]{{0,100}}(?<!\.))",
    rf"[A-Za-z]:\\(?:{_FOLDER}\\){{0,20}}{_FOLDER}{_NAMED_FILE}",
    rf"[A-Za-z]:\\(?:{_FOLDER}\\){{1,20}}[^\s\"<>|?*]{{0,100}}(?<![.,;:!'’”»…])",
)

"""What placeholders, tags, addresses, codes and emoji look like: expressions for the scan of `patterns`.

Every repetition is bounded, or cannot be entered twice.
"""

from __future__ import annotations

from crosslate.service.pipeline.fidelity.protected import tex
from crosslate.service.pipeline.fidelity.protected.chemistry import COMPOUNDS
from crosslate.service.pipeline.fidelity.protected.endings import DOMAINS, FILES
from crosslate.service.pipeline.fidelity.protected.game_codes import VALUED_TAGS
from crosslate.service.pipeline.fidelity.protected.icu import CHOICE
from crosslate.service.pipeline.fidelity.protected.named_ends import NAMED_END
from crosslate.service.pipeline.fidelity.protected.paths import LINE, MARKED_PATHS, SPACED_PATHS

JOINED, KANA = "\ue0ff", "\ue0fe"
"""In the place of letters of scripts that set no blanks beside what is no language: they are no letters here.

Hiragana, of which small words are, apart from the others: no address has any.
"""
_NAME = rf"[\w{JOINED}{KANA}$@.\-\[\]#]{{1,64}}"
_BLOCK = r"\{\{[\-~]?\s?(?:[#/^!]|(?:else|end|if|range|with|each|unless|define|block|template)(?!\w))"
PLACEHOLDERS = (
    r"<%[=\-](?:[^%\n]|%(?!>)){1,200}%>",
    rf"(?!{_BLOCK})\{{\{{\{{?[^{{}}\n]{{1,200}}\}}\}}\}}?",
    rf"[$#@%]?\{{\s?{_NAME}(?:\ {_NAME}){{0,3}}\s?(?:[,:|!?=(][^{{}}\n]{{0,100}})?\}}",
    r"\{\}",
    r"\[X\d{1,5}X\]",  # of Weblate
    r"\{[!\\][^{}\s]{1,100}\}",  # of Salesforce, and of subtitles: `{\an8}`
    r"\*\|[^|\n]{1,60}\|\*|<<[A-Z]\w{0,40}(?:[ .][A-Z]\w{0,40}){0,3}>>",  # of mail; the next of GOV.UK Notify
    r"\(\([A-Za-z][\w .\-]{0,40}\)\)",
    r"\$\([\w.]{1,64}\)",
    r"\[\[[^\[\]\n]{1,100}\]\]|\[\^[\w\-]{1,40}\]",
    r"(?<!\w)__[A-Za-z0-9](?:\w{0,62}[A-Za-z0-9])?__(?!\w)",
    r"(?<!\w)(?P<twice>@@|\#\#|%%)\w{1,64}(?P=twice)|(?<!\w)~~(?=\w*(?:_|\d|[A-Z]{2}))\w{1,64}~~",
    r"(?<!\d)%(?:\d{1,2}\$)?\#@\w{1,64}@|(?<![\w%])%arg(?!\w)",  # of Apple, what plurals take the place of
    r"(?<!\d)%(?:\d{1,2}\$|\([\w.]{1,64}\))[-+0\#',]{0,3}\d{0,3}(?:\.\d{1,3})?[hlqjztL]{0,2}[sdiufFeEgGxXocbBp@]",
    r"(?<![\w%])%(?!s[a-z]{2,40}%s(?!\w))[A-Za-z_]\w{1,40}%",
    r"(?<!\d)%[-+0\#',]{0,3}\d{0,3}(?:\.\d{1,3})?[hlqjztL]{0,2}[sdiufFeEgGxXocbBp@]",
    r"(?<![\w%])%[A-Za-z](?![A-Za-z])",
    r"(?<=[sdfu@])%%|(?<!\d)%%",
    r"(?<![\w$])\$[A-Za-z_]\w{0,64}(?:\.\w{1,64}){0,8}",
    r"(?<![\w:/]):[a-z_]\w{1,40}:?(?![\w/])|(?<![\w:]):[+\-]1:(?!\w)",
    CHOICE,
)
EMOTICONS = (
    r"(?<!\S)(?:[:;=][-^']?[)(\]\[DPpOo3*|/\\@$]{1,3}|[:;]'[-(]|<3{1,3}|\^_{1,3}\^)(?![^\s.,!?])",
    r"(?<!\S);[\-_]{1,3};(?![^\s.,!?])",
    r"\([ ]?(?:(?P<eye>[oOuUtTxXqQ^;'])[._wv](?P=eye)|-[._]-|>[._]<)[ ]?\)(?!\w)",
    rf"¯\\_\([ツ{JOINED}]\)_/¯",
)
_ATTRIBUTE = r"""\s{1,4}[\w:@.\-]{1,64}\s?=\s?(?:"[^"\n]{0,300}"|'[^'\n]{0,300}'|[^\s"'<>=]{1,200})"""
_SWITCH = (
    r"\s{1,4}(?:allowfullscreen|async|autofocus|autoplay|checked|controls|defer|disabled|hidden|loop|multiple|muted"
    r"|novalidate|open|readonly|required|reversed|selected)(?=[\s/>])"
)
"""Attributes without a value."""
TAGS = (
    r"<(?:[@\#!]|a?:\w{2,40}:|t:)[^<>\s|]{1,60}(?:\|[^<>\n]{1,80})?>",  # of chats
    rf"<[A-Za-z0-9][\w:.\-]{{0,40}}(?:{_ATTRIBUTE}|{_SWITCH}){{0,20}}\s?/?>",
    r"</[A-Za-z0-9][\w:.\-]{0,40}>",
    r"<!--[^\n]{0,300}?-->",
    rf"\[[A-Za-z][\w\-]{{0,40}}(?:{_ATTRIBUTE}){{1,20}}\s?/?\]|\[/[A-Za-z][\w\-]{{0,40}}\]",  # of WordPress
    r"&(?:[A-Za-z]{2,10}|\#\d{1,6}|\#x[0-9A-Fa-f]{1,5});",
    r"\[%[^\[\]\n]{1,100}%\]",
    r"\{[%#][^{}\n]{1,200}[%#]\}",  # of Jinja; the next are of Mustache, Handlebars and Go, and of ERB
    rf"(?={_BLOCK})\{{\{{[^{{}}\n]{{1,200}}\}}\}}",
    NAMED_END,
    *VALUED_TAGS,
    tex.TIED,
    r"<%(?:[^%\n]|%(?!>)){1,200}%>",
    r"\x1b\[[\d;?]{0,20}[A-Za-z]",  # the colours of a terminal
)
CODES = (
    r"(?P<ticks>`{1,3})[^`\n]{1,500}(?P=ticks)",
    r"\{\s?\"[^\"{}\n]{1,80}\"\s?:(?:[^{}\n]{1,200}+|\{[^{}\n]{0,200}+\}){1,12}+\}",  # JSON amid other text
    r"(?<!\S)&&(?!\S)",
    r"(?<![\w.…])\.[a-z][a-z\d]{0,30}(?:[\-_]{1,2}[a-z\d]{1,30}){1,6}(?![\w\-]|\.\w)",  # of CSS
    r"\$\$(?=[^\s$])[^$\n]{1,300}(?<=[^\s$])\$\$",  # of TeX
    *tex.FORMULAS,
    *tex.COMMANDS,
)
_FIELD = r"[\d*](?:[\d*/,\-]{0,20}[\d*])?"
SCHEDULES = rf"(?<!\S)(?=[\d*/,\- ]{{0,60}}\* \*)(?:{_FIELD} ){{4}}{_FIELD}(?![^\s,.;:)])"
"""Of cron, with two fields at least that are not set: `0 */5 * * *`."""
_ARGUMENT = r"(?:-?\d{1,6}(?:\.\d{1,6})?|-?[A-Za-z](?!\w)|[a-z]{1,30}[_.=]\w{1,30})"
CALLS = (
    r"(?<![\w.])[a-z]{1,30}[A-Z][A-Za-z\d]{0,40}\([\w\s,.'\"\[\]=]{0,100}\)"
    r"|(?<![\w.])[A-Za-z_][\w.]{0,40}\(@?(?:\"[^\"\n]{0,80}\"|'[^'\n]{0,80}')\)"
    rf"|(?<![\w.])[A-Za-z]\((?=-|[^()\s,]{{1,12}},){_ARGUMENT}(?:,[ ]?{_ARGUMENT}){{0,4}}\)"
    rf"|(?<![\w.])[A-Za-z]\w{{0,30}}(?:[._]\w{{1,40}}){{1,6}}\({_ARGUMENT}(?:,[ ]?{_ARGUMENT}){{0,6}}\)"
    rf"|(?<![\w.])[a-z]\w{{1,30}}\({_ARGUMENT}(?:,[ ]?{_ARGUMENT}){{1,6}}\)"
    r"|(?<![\w.])(?:COUNT|SUM|AVG|MIN|MAX|LENGTH|UPPER|LOWER|ROUND|COALESCE|CONCAT|TRIM)\([\w\s.,*'%]{0,60}\)"
    r"|(?<![\w.])[a-z][a-z\d]{0,30}(?:_[a-z\d]{1,30}){1,6}\([\w\s,.'\"\[\]=*]{0,100}\)"
)
"""Of functions: by a name as no word is written, with a string, or with letters and figures: `f(-1)`."""
SHEET_FORMULAS = (
    r"(?<![\w=<>!])=[ ]?[A-ZÀ-Þ][A-ZÀ-Þ\d.]{1,30}"
    r"\((?:[^()\n]|\((?:[^()\n]|\([^()\n]{0,80}\)){0,80}\)){0,200}\)"
)
"""Of spreadsheets: `=IF(B2>0,"yes","no")`."""
_LABEL = r"[A-Za-z0-9](?:[\w\-]{0,61}[A-Za-z0-9])?"
_ENDS_URL = "、。，．：；！？（）「」『』【】《》〈〉،؛؟۔।"
_REST_OF_URL = rf"(?:[^\s<>\"“”«»`|^{JOINED}{KANA}{_ENDS_URL}]|(?<=[/=_?&\#\-{JOINED}]){JOINED}){{0,2000}}"
_HOST = r"[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}"
MARKED_ADDRESSES = (
    rf"(?<![\w@/.])@[\w{JOINED}{KANA}]{{1,60}}(?:\.\w{{1,60}}){{0,6}}(?:@{_HOST})?",
    rf"(?<![\w&\#/])\#[\w{JOINED}{KANA}]{{1,100}}(?:-[A-Z0-9]{{1,40}}(?!\w)){{0,6}}",
    *MARKED_PATHS,
)
"""Those that begin with a sign."""
_HEX = r"[0-9A-Fa-f]{1,4}"
_VALUE = r"(?:-?\d[\w\-:/]{0,40}|[A-Z][A-Z\d_]{1,40}|true|false|yes|no|on|off|null|none)"
"""Of a setting. A word may be one to translate, and a decimal a quantity."""
_ITEM = r"\((?:[A-Za-z]|[ivxl]{2,6}|\d{1,2})\)"
"""Of a section."""
_RELEASE = r"\d{1,5}(?:\.(?:\d{1,5}|\*))"
_NEEDED = rf"[<>=!~]={_RELEASE}{{1,3}}(?:,\s?[<>=!~]=?{_RELEASE}{{0,3}}){{0,4}}(?![\w%°]|[.,]\d)"
"""Versions, as packages ask for others: `>=3.9,<4.0`."""
_MIXED = r"(?=[A-Za-z+/]*\d)(?=[a-z\d+/]*[A-Z])(?=[A-Z\d+/]*[a-z])"
"""In base64, as keys, tokens and images have it: digits, capitals and small letters."""
COMPARISONS = (
    r"(?<![\w.])\w[\w.\[\]]{0,40} (?:===?|!==?) (?:[\w.\-]{0,39}\w|\"[^\"\n]{0,40}\"|'[^'\n]{0,40}')(?!\w)"
)
"""Of programs: `x != 0`."""
OPTIONS = (
    r"(?<![\w\-])(?:-[A-Za-z], )?--[a-z][a-z\d\-]{1,40}"
    r"(?:[ =](?:<[^<>\s]{1,40}>|[A-Z][A-Z_]{1,30}(?![\w\-]))|=[^\s,;)\]]{1,200}|(?=\]))"
)
"""Of commands, with what stands for their values: `-o, --out FILE`."""
ADDRESSES = (
    r"(?<![\w\-])--[a-z][a-z\d]{0,30}(?:-[a-z\d]{1,30}){1,8}(?:=[^\s,;)]{1,200})?(?![\w\-])",  # `--dry-run`
    r"(?<![\w.\-])[A-Z][A-Z\d]{0,30}(?:_[A-Z\d]{1,30}){1,8}=[\w./:\-]{1,200}",  # of an environment
    rf"(?<![\w.\-])[A-Za-z_][\w.\-]{{1,60}}={_VALUE}(?![\w=]|[.,]\w)",
    rf"(?<![\w.])\d{{1,4}}(?:\.\d{{1,4}}){{0,4}}(?:{_ITEM}){{1,6}}(?:[-–](?:{_ITEM}){{1,3}})?(?!\w)",
    rf"(?<![\w.\-])(?:[A-Za-z][\w.\-]{{0,60}}(?:\[[\w,]{{1,60}}\])?)?{_NEEDED}",
    r"(?<![\w.\-])[a-z][\w\-]{2,60}[<>]\d{1,5}(?:\.\d{1,5}){1,3}(?![\w%°]|[.,]\d)",
    r"(?<![\w\-])[A-Z][a-z]{1,12}-(?:off-|[a-z]{4,12}-)?by(?=:)",  # of commits
    r"(?<![\w.])\d{1,3}°\d{1,2}(?:[.,]\d{1,6})?[′'’](?:\d{1,2}(?:[.,]\d{1,6})?(?:[″\"”]|''))?[A-Z]?(?!\w)",
    rf"(?<![\w.+%\-])[\w.+%\-]{{1,64}}@{_HOST}",
    rf"(?<![\w@])(?:[A-Za-z][A-Za-z0-9+.\-]{{1,20}}://|www\.|mailto:|tel:){_REST_OF_URL}",
    rf"(?<![\w@.\-/])(?:{_LABEL}\.){{1,6}}(?:{DOMAINS})(?![\w\-]|\.[A-Za-z])(?:[:/?\#]{_REST_OF_URL})?",
    r"(?<!\w)[A-Za-z]:\\[^\s\"<>|?*]{0,500}",
    rf"(?<![\w/.\-])[\w.\-]{{1,64}}(?:/[\w.@\-]{{1,64}}){{1,20}}\.(?:{FILES})(?!\w){LINE}",
    r"(?<![\w.])[A-Za-z_]\w{0,40}(?:\.\w{1,40}){0,4}\.__[A-Za-z]\w{0,60}__(?:\(\))?(?!\w)",
    rf"(?<![\w/\\.\-])[\w\-]{{1,64}}(?:\.[\w\-]{{1,64}}){{0,6}}(?:\(\d{{1,3}}\))?\.(?:{FILES})(?!\w|\.\w){LINE}",
    r"(?<!\w)(?:[0-9A-Fa-f]{2}[:\-]){5}[0-9A-Fa-f]{2}(?!\w)",
    r"(?<![\w.])(?!\d{1,3}(?:\.\d{3}){0,2}\.(?:[3-9]\d\d|2[6-9]\d)(?:\.\d{3}){0,2}(?!\.?\d))\d{1,3}(?:\.\d{1,3}){3}"
    r"(?::\d{1,5}|/\d{1,2})?(?![\w.]?\w)",
    rf"(?<![\w:.])(?=[0-9A-Fa-f:]{{0,38}}::|(?:{_HEX}:){{7}})(?:{_HEX}:|:){{2,8}}(?:{_HEX})?(?:/\d{{1,3}})?(?![\w:])",
    r"(?<![\w.@/\-])[a-z]\w{1,30}(?:\.[A-Za-z_]\w{1,60}){2,8}(?![\w@]|\.\w)",  # classes, modules
    r"(?<![\w/])[ru]/[A-Za-z]\w{2,30}(?![\w/])",  # on Reddit
    rf"(?<![\w+/.\-])(?:data:[\w/+.;=\-]{{1,100}},|(?:[A-Za-z\d]{{1,16}}[\-_]){{1,4}})?"
    rf"{_MIXED}[A-Za-z\d+/]{{16,}}[\w+/=.\-]*",
    r"(?<!\w)(?=(?:[a-z]{0,40}\d){4})[a-z\d]{16,120}(?!\w)",  # wallets, keys
)
_MARK = r"\d{1,3}\.\d{1,2}/(?:4|5|10|20|100)(?:\.0)?(?![\w/\-]|\.\w)"
"""Out of the best one: `8.5/10`."""
SERIALS = (
    r"(?<![\w.])\d{1,3}\.{1,3}(?:[A-Z]?[a-h]?[1-8]?x?[a-h][1-8](?:=[A-Z])?|O-O(?:-O)?)[+\#]?(?!\w)",  # chess
    r"(?<![\w.,])802\.\d{1,2}[a-z]{1,2}(?!\w)",  # of networks
    r"(?<!\w)[Yy]{4}-MM-[Dd]{2}(?!\w)|(?<!\w)[Hh]{1,2}:mm(?::ss(?:\.S{1,3})?)?(?!\w)",
    r"(?<![\w\-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w\-])",
    r"(?<![\w:\-])\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+\-]\d\d:?\d\d)?(?!\w)",
    r"(?<![\w.])v\d{1,5}(?:\.\d{1,6}){0,5}(?:-?[A-Za-z][\w.]{0,30}\w|[a-z])?(?!\w)",
    r"(?<![\w.,/\-])\d{1,5}(?:\.\d{1,6}){2,5}(?:-?[A-Za-z][\w.\-]{0,30}\w|[a-z])?(?![\w/\-])",
    rf"(?<![\w./\-])(?!{_MARK})(?=[\d./]{{0,40}}-|[\d.\-]{{0,40}}/)(?=[\d/\-]{{0,40}}\.)"
    r"\d{1,12}(?:[./\-]\d{1,12}){2,8}(?!\w)",
    r"(?<![\w\-])(?=[A-Z\-/_.]{0,40}\d)(?=[0-9\-/_.]{0,40}[A-Z])(?:[A-Z0-9]{1,40}[\-/_.]){0,8}[A-Z0-9]{1,40}(?!\w|-\w)",
    r"(?<!\w)(?=[0-9]{0,64}[a-f])(?=[a-f]{0,64}[0-9])[0-9a-f]{7,64}(?!\w)",
    r"(?<![\w.])[A-Za-z][A-Za-z0-9]{0,40}(?:_[A-Za-z0-9]{1,40}){1,12}(?:\(\))?(?!\w)",
    r"(?<![\w.])[A-Za-z_][\w.]{0,60}\(\)",
    COMPOUNDS,
)
SPACED = (
    *SPACED_PATHS,
    r"(?<!\w)[A-Z]{2}\d{2}(?:\ [A-Z0-9]{4}){2,7}(?:\ [A-Z0-9]{1,4})?(?!\w)",
    r"(?<![\w+])\+(?=(?:[ .\-/()]{0,2}\d){7})\d{1,3}(?:[ .\-/]?\(?\d{1,5}\)?){2,6}(?!\w)",
    r"(?<![\w.,])\d{3,4}(?:\ \d{2,4}){4,6}(?:\ \d{1,3})?(?!\w|[.,]\d)",
    r"\(\d{2,4}\)\ ?\d{3,5}-\d{4}(?!\w)",
    r"(?<![\w.,])0\d{2,3}(?:[ \-]\d{2,4}){2,6}(?!\w|[.,]\d)",
)
"""Those that may have blanks in them: paths, accounts and telephone numbers."""
LOCALHOST = r"(?<![\w.@/-])localhost(?::\d{1,5})?(?![\w-]|[./]\w)"
_DAY, _MONTH = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_HOUR = r"\d\d:\d\d(?::\d\d)?"
STAMPS = (
    rf"(?<!\w){_DAY} {_MONTH} {{1,2}}\d{{1,2}} {_HOUR}(?: [A-Z]{{3,5}})? \d{{4}}(?: [+\-]\d{{4}})?(?!\w)"
    rf"|(?<!\w){_DAY}, \d{{1,2}} {_MONTH} \d{{4}} {_HOUR} (?:[+\-]\d{{4}}|GMT|UTC)(?!\w)"
    r"|(?<![\w:.])\d{1,2}:\d\d:\d\d[ \xa0\u202f]?[AaPp][Mm](?!\w)"
)
"""Of programs: git's and C's, those of mail and HTTP, and hours with seconds."""
POWERS = r"(?<![\w^])[A-Za-z]\^(?:\{[^{}\s]{1,12}\}|-?\w{1,3})(?![\w^])"
LETTERED_SECTIONS = r"§{1,2}[ \xa0]?\d{1,4}[a-z](?!\w)"
DEGREES = r"[-+−]?\d+(?:[.,]\d+)?[ \xa0\u202f]?º[ \xa0]?[CFK](?!\w)"
SECONDS = r"(?<![\w.,:$€£/-])\d{1,4}[.,]\d{1,3}s(?!\w)"
_SIZE = r"(?:\d?X{1,4}[SL]|[SML]|G{1,3}|X?G|PP?)"
SIZES = rf"(?<!\w){_SIZE}(?:(?:\s?[,/|]\s?|\ ){_SIZE}){{2,12}}(?!\w)"
"""Of clothes, in English and Portuguese: three at least."""
_PICTURE = (
    r"(?:\p{Emoji_Presentation}|[\p{Extended_Pictographic}--[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa]]"
    r"|\p{Extended_Pictographic}\ufe0f)[\ufe0f\p{Emoji_Modifier}\U000e0020-\U000e007f]{0,12}"
)
EMOJI = (
    rf"(?:\p{{Regional_Indicator}}{{2}}|[0-9#*]\ufe0f?\u20e3"
    rf"|[♠♥♦♣]\ufe0f?(?:10|[2-9AKQJ])(?!\w)|{_PICTURE}(?:\u200d(?:{_PICTURE}|\p{{Extended_Pictographic}})){{0,8}})++"
)
_TERM = r"(?:[A-Za-zℂℍℕℙℚℝℤ][²³]?|\d{1,12}(?:[.,]\d{1,12})?[a-z]?[²³]?)(?!\w)"
RELATION = "[<>=≤≥≠≈≡∈∉⊂⊆→ℂℍℕℙℚℝℤ]"
_RELATED = r"(?:[ ]?[=≤≥≠≈≡∈∉⊂⊆→][ ]?|[ ][<>][ ])-?"
_OPERATOR = r"[ ]?[+\-−*×·^][ ]?"
_SUM = rf"(?=[^()\n]{{0,60}}[a-z])-?{_TERM}(?:{_OPERATOR}-?{_TERM}){{1,6}}"
GROUP = rf"\d{{0,4}}[a-z]?\({_SUM}\)[²³]?(?:\^\d{{1,2}})?"
"""A sum in brackets, `3(x − 2)`, of which models lose one."""
GROUPS = (
    rf"(?<![\w)])(?:{_TERM}(?:{_OPERATOR}|[ ]?[=/][ ]?)){{0,4}}{GROUP}"
    rf"(?:{GROUP}|(?:{_RELATED}|{_OPERATOR}|/)-?(?:{GROUP}|{_TERM})){{0,12}}"
)
FORMULAS = (
    rf"(?<!\w)(?<![\d%)°][ ])[A-Za-z]{_RELATED}{_TERM}(?:(?:{_RELATED}|[ ]?[+\-−*×·/^][ ]?){_TERM}){{0,12}}"
    r"|[ℂℍℕℙℚℝℤ](?!\w)|(?<![\w|])\|(?=\S)[^|\n]{1,24}(?<=\S)\|(?=[ ]?[=<>≤≥])"
)
"""Whose letters are no words: `a ≤ b`, and `ℝ`, which many vocabularies take for an R."""
FIRM = (
    r"(?!(?:About|At|By|Caro|Cara|Contact|Copyright|Dear|Exm|For|From|Hello|Hi|Ol|Para|Por|Prezad|Sobre|Thank|To|Welcome|With)\w*\s)"
    r"(?:[^\W\d_a-zß-ÿ][\w&'’\-]*\.?|&)(?:\s(?:[^\W\d_a-zß-ÿ][\w&'’\-]*\.?|&|and|of|e|y|et|und|d[aeo]s?|du|des)){0,6},?\s"
    r"(?:Ltd|LTD|Ltda|LTDA|Lda|LDA|Inc|INC|LLC|L\.L\.C|Plc|PLC|plc|GmbH|GMBH|Corp|CORP|S\.A|S/A|EIRELI|S\.?L|SARL|B\.?V|Pty)\.?"
)
"""A text that is nothing else is the name of one."""

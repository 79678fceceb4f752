from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans


def _found(text: str) -> list[str]:
    return [text[slice(*one.span)] for one in protected_spans(text)]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Hello {name}, you have {{count}} new {0} and {}.", ["{name}", "{{count}}", "{0}", "{}"]),
        ("Total: {t, number, integer} of {first name}", ["{t, number, integer}", "{first name}"]),
        ("%#@files@ in %2$#@folders@, %arg new", ["%#@files@", "%2$#@folders@", "%arg"]),
        ("%s sent %1$s %(x)s, %.2f and %@", ["%s", "%1$s", "%(x)s", "%.2f", "%@"]),
        ("%d%% of $amount for ${company} and $(x)", ["%d", "%%", "$amount", "${company}", "$(x)"]),
        ("<0>Terms</0> and <a href='x y'>this</a><br/>", ["<0>", "</0>", "<a href='x y'>", "</a>", "<br/>"]),
        ("[[label]] __APOIO__ @@x@@ :name", ["[[label]]", "__APOIO__", "@@x@@", ":name"]),
        ("Set %PATH% and #{user.name}", ["%PATH%", "#{user.name}"]),
        ("See (https://a.example/b_(c)?d=1&e=2).", ["https://a.example/b_(c)?d=1&e=2"]),
        ("www.a-b.co.uk, or example.com/x!", ["www.a-b.co.uk", "example.com/x"]),
        ("Write to a.b+c@d-e.example.", ["a.b+c@d-e.example"]),
        ("Thanks u/some_one on r/portugal, w/o it or u/s", ["u/some_one", "r/portugal"]),
        ("Date: Tue Nov 3 10:21:44 2026 +0100", ["Tue Nov 3 10:21:44 2026 +0100"]),
        ("At Tue, 3 Nov 2026 10:21 GMT, or Tue, 3 Nov 2026.", ["Tue, 3 Nov 2026 10:21 GMT"]),
        ("Use a^2 or x^{n+1}, but ^1Red and x^y^.", ["a^2", "x^{n+1}"]),
        ("CuSO4·5H2O and §12a, §§ 5b", ["CuSO4·5H2O", "§12a", "§§ 5b"]),
        ("Ask @maria.dev@social.example.org or @ana@x.", ["@maria.dev@social.example.org", "@ana"]),
        ("orz T_T >_< ;-; ^_^ (see) _", ["T_T", ";-;", "^_^"]),
        ("At 11:59:59 PM", ["11:59:59 PM"]),
        ("( o.o ) (^_^) (T_T) (>.<) (0-0) (a.b)", ["( o.o )", "(^_^)", "(T_T)", "(>.<)"]),
        ("\\\\srv\\Q1 reports\\a b.xlsx is", ["\\\\srv\\Q1 reports\\a b.xlsx"]),
        ("In /var/log/my app/the error.log:3 now", ["/var/log/my app/the error.log:3"]),
        ("B", ["B"]),
        ("I.", ["I."]),
        ("XIV", ["XIV"]),
        ("Ask @maria.dev about #nofilter and #4521.", ["@maria.dev", "#nofilter", "#4521"]),
        (
            "In ~/.ssh/config, /var/log/x.log or C:\\Users\\x.",
            ["~/.ssh/config", "/var/log/x.log", "C:\\Users\\x"],
        ),
        ("relatório_final(2).docx and foto(1).jpg", ["relatório_final(2).docx", "foto(1).jpg"]),
        ("src/main.py and config.yaml", ["src/main.py", "config.yaml"]),
        ("v2.0.17b, 3.14.2-rc1 and 192.168.0.24:8443", ["v2.0.17b", "3.14.2-rc1", "192.168.0.24:8443"]),
        ("SN-4471-XK9-00B or 7Q0-839-432_C", ["SN-4471-XK9-00B", "7Q0-839-432_C"]),
        ("Mugs A-001, B-010 and T05, not the A-10", ["A-001", "B-010", "T05"]),
        ("A-1", ["A-1"]),
        ("Retry-After: 30, X-Rate-Limit: 5 and Last-Minute: now", ["Retry-After", "X-Rate-Limit"]),
        ("COUNT(*) took 3.2s, not 1.5x or 80s", ["COUNT(*)", "3.2s"]),
        (":+1: and {0,choice,0#none|1<{0} files}", [":+1:", "{0,choice,0#none|1<{0} files}"]),
        ('<input type="x" disabled> .btn-primary .5 .so', ['<input type="x" disabled>', ".btn-primary"]),
        ("At 0 */5 * * * or * * * * *, 5 * 3 * 2", ["0 */5 * * *", "* * * * *"]),
        ("It has 1.610.612.736 bytes at 192.168.100.200", ["192.168.100.200"]),
        ("calcular_total(itens, x=1) e soma(os itens)", ["calcular_total(itens, x=1)"]),
        (
            'Use =IF(B2>0,"so it is",SUM(A1:A3)) or =SE(A1;1).',
            ['=IF(B2>0,"so it is",SUM(A1:A3))', "=SE(A1;1)"],
        ),
        ("PT50 0002 0123 1234 5678 9015 4 is it", ["PT50 0002 0123 1234 5678 9015 4"]),
        ("Call +351 21 123 45 67 now", ["+351 21 123 45 67"]),
        ("`a(b)` and ``c ` d``", ["`a(b)`", "`c `"]),
        ("to bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh now", ["bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"]),
        ("Python >=3.9,<4 or numpy==1.24.*, torch<2.1", [">=3.9,<4", "numpy==1.24.*", "torch<2.1"]),
        ("at T>=37.5%, p<0.05, >100 and n<1.5", []),
        ("8.5/10, a GPA of 3.8/4.0, but 8.5/10.5 and 12.3.4/5", ["8.5/10.5", "12.3.4/5"]),
        ("See 4.1.2(a)–(c) there", ["4.1.2(a)–(c)"]),
        ("If y != 0 && z == null, use a == b.", ["y != 0", "&&", "z == null", "a == b"]),
        ("tool [--out FILE] or -o, --out=x.txt --all", ["--out FILE", "-o, --out=x.txt"]),
        ("so --maybe-- it is --all", []),
        ("As $$y = 3.5$$ has it", ["$$y = 3.5$$"]),
        ("Signed-off-by: Ann, Co-authored-by: Bo", ["Signed-off-by", "Co-authored-by"]),
        ("|x - a| < 5", ["|x - a|"]),
        (
            'Send {"a b": {"c": [1]}, "d": "e"} or {"f": 1}, {"g"}',
            ['{"a b": {"c": [1]}, "d": "e"}', '{"f": 1}'],
        ),
        (
            "Key: eyJhbGciOiJIUzI1NiJ9.eyJzdWIi-_x. It is data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==, ok",
            ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIi-_x", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="],
        ),
        (
            "sk-proj-Ab12Cd34Ef56Gh78 and token=xYz09AbCdEfGhIjK",
            ["sk-proj-Ab12Cd34Ef56Gh78", "xYz09AbCdEfGhIjK"],
        ),
        ("snake_case and call()", ["snake_case", "call()"]),
        ("In com.acme.app.Server. It ends.Then e.g.this", ["com.acme.app.Server"]),
        ("Fine :) or :-( or ;-P, <3 and ¯\\_(ツ)_/¯", [":)", ":-(", ";-P", "<3", "¯\\_(ツ)_/¯"]),
        ("Hits: Dr.D x:D (see 8) 3<3 a:)", []),
        ("It was 21,7 ºC or -3ºF on the 2º day", ["21,7 ºC", "-3ºF"]),
        ("Call (21) 2345-6789 (or 2345)", ["(21) 2345-6789"]),
        ("Order #A-99812-XZ in UserService.java:42", ["#A-99812-XZ", "UserService.java:42"]),
        ("{{#if x}}Hi{{else}}{{name}}{{/if}}", ["{{#if x}}", "{{else}}", "{{name}}", "{{/if}}"]),
        ("{% if u %}Hi{% endif %}<%= u %>", ["{% if u %}", "{% endif %}", "<%= u %>"]),
        ("\x1b[1;31mred\x1b[0m if a && b", ["\x1b[1;31m", "\x1b[0m", "&&"]),
        ("2001:db8::1/64 at 10:30:45, std::x", ["2001:db8::1/64"]),
        (
            "timeout=30 DEBUG=true max_users=1000 title=Welcome p=0.05",
            ["timeout=30", "DEBUG=true", "max_users=1000", "p=0.05"],
        ),
        ("If a ≤ b and x = 2x + y², or E → ℝ: a > 0.", ["a ≤ b", "x = 2x + y²", "E → ℝ", "a > 0"]),
        ("ℕ has A>B", ["ℕ"]),
        ("Solve 2x + 3(x − 2) = 12; (x+1)(x-2) = 0", ["2x + 3(x − 2) = 12", "(x+1)(x-2) = 0"]),
        ("From ≥ 1/100 e < 1/10, (1990-1995), (a/b), (he - she)", []),
        (
            "In <#C02A|news>, <@U2B> <!here> <:ok:12> <t:17:R> a <3",
            ["<#C02A|news>", "<@U2B>", "<!here>", "<:ok:12>", "<t:17:R>", "<3"],
        ),
        ("Blue Harbour & Sons, Ltd.", ["Blue Harbour & Sons, Ltd."]),
        ("PADARIA DO BAIRRO LTDA", ["PADARIA DO BAIRRO LTDA"]),
        (
            "In ~/Documents/My Files/a b.pdf, or ~/My Files/ too",
            ["~/Documents/My Files/a b.pdf", "~/My Files/"],
        ),
        ("See /home/ann/My Files/Report 2.pdf now", ["/home/ann/My Files/Report 2.pdf"]),
        ("It is in ~/Documents or in /tmp/x.txt", ["~/Documents", "/tmp/x.txt"]),
        ("It is in /tmp/a and docs/x.md", ["/tmp/a", "docs/x.md"]),
        ("In C:\\Program Files\\My App\\a.exe, or D:\\x y", ["C:\\Program Files\\My App\\a.exe", "D:\\x"]),
        ("After 24...Qxd4+ 25.Kh1 1.e4, 1.a", ["24...Qxd4+", "25.Kh1", "1.e4"]),
        ("♠A ♥K ♦10", ["♠A", "♥K", "♦10"]),
        ("calcTotal(items, discount) in f(x) (so)", ["calcTotal(items, discount)"]),
        ("f(-1), g(a, b) or f(x), a(n) item(s)", ["f(-1)", "g(a, b)"]),
        ("In os.path.join(a, b), max(x, 2) and obj.get(name)", ["os.path.join(a, b)", "max(x, 2)"]),
        (
            "On localhost or localhost:80, http://localhost/a",
            ["localhost", "localhost:80", "http://localhost/a"],
        ),
        ("In /home/ana at 950 €/month, 5 $/unit or 3%/year", ["/home/ana"]),
        ("self.__dict__, a/README.md#usage, x.py:1", ["self.__dict__", "a/README.md#usage", "x.py:1"]),
        ("As DD/MM/YYYY or MM/DD/AA, AA/BB", ["DD/MM/YYYY", "MM/DD/AA"]),
        ('[% name %] t("common.x") is f ("a")', ["[% name %]", 't("common.x")']),
        ("NF-e 000.123.456 and 123.456.789", ["000.123.456"]),
        ("*|FNAME|*, {!Case.Name} of <<Last Name>>", ["*|FNAME|*", "{!Case.Name}", "<<Last Name>>"]),
        ("Hi ((first name)) (or ((so)) she said)", ["((first name))", "((so))"]),
        ("{\\i1}No{\\i0} {\\bf no}", ["{\\i1}", "{\\i0}"]),
        (
            "Pass --force-with-lease, --dry-run=a/b --all, well--known",
            ["--force-with-lease", "--dry-run=a/b"],
        ),
        ("Set NODE_ENV=production, not x=red", ["NODE_ENV=production"]),
        ("802.11ax is at 802.5 kg, YYYY-MM-DD HH:mm:ss", ["802.11ax", "YYYY-MM-DD", "HH:mm:ss"]),
        ("It is { NUMBER($n, digits: 2) }.[^note]", ["{ NUMBER($n, digits: 2) }", "[^note]"]),
        ("Use SELECT a FROM b WHERE c = 1; now", ["SELECT a FROM b WHERE c = 1;"]),
        ("Dear Blue Harbour Ltd.", []),
        ("We wrote to Blue Harbour Ltd.", []),
        ("~~Monday~~, ~~user_name~~ and ~~NAME~~", ["~~user_name~~", "~~NAME~~"]),
        ("Section 12(b)(iii), vol. 7(2) (see 5), 2(x+1)", ["12(b)(iii)", "7(2)", "2(x+1)"]),
        ("At 38°42′50″N 9°8′22″W, 25°C, turn 90°", ["38°42′50″N", "9°8′22″W"]),
        ("In XS, S, M, L or S/M/L, not S, M; PP, P, M, G", ["XS, S, M, L", "S/M/L", "PP, P, M, G"]),
        ("done 😍❤️ and 👨‍👩‍👧 🇧🇷🇵🇹 1️⃣", ["😍❤️", "👨‍👩‍👧", "🇧🇷🇵🇹", "1️⃣"]),
    ],
)
def test_what_is_no_language_is_found(text: str, spans: list[str]) -> None:
    assert _found(text) == spans


@pytest.mark.parametrize(
    "text",
    [
        "He and/or she paid 5% of $5, i.e. nothing.",
        "At 10:30 we drove 90 km/h; it was 3.5 degrees.",
        "Antidisestablishmentarianism and INTERNATIONALIZATION of The-21st-Century-Schoolboys",
        "COVID-19 hit the U.S. in 2020, e.g. in New York.",
        "ab < bc and 3 > d, or 1.234.567 people",
        "It rose by +102.5% and +3.25 points, I < it, ab=b.",
        "He said:no. The F-16 is old.The end",
        "COVID-19",
        "2ND",
        "O Sr. Silva mora no n.º 3, 2.º andar.",
    ],
)
def test_words_and_numbers_are_left_to_the_model(text: str) -> None:
    assert _found(text) == []


@given(st.lists(st.sampled_from(["{", "}", "a", "%s", "<b>", " ", "@x.y", "😀", "`", "\n", "1.2", "/"])))
def test_spans_are_in_order_apart_and_not_empty(parts: list[str]) -> None:
    at = 0
    for one in protected_spans("".join(parts)):
        assert at <= one.span[0] < one.span[1]
        at = one.span[1]


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "part",
    [
        "{",
        "<a b=",
        "a.b",
        "/a",
        "A-1",
        "0123",
        "`",
        "[[",
        "+1 ",
        "a_b",
        "@a.",
        "%%a",
        "ab:",
        "S, ",
        "aa=1",
        "1(a)",
        "{{#a",
        '{"a":{',
        "ab.",
        "aB",
        "aB1-",
    ],
)
def test_time_is_linear_in_the_length(part: str) -> None:
    protected_spans(part * (100_000 // len(part)))

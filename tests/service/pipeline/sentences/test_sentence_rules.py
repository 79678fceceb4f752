"""Sentences of languages other than English and Portuguese."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.pipeline.sentences.leading_words import LEADING_WORDS
from crosslate.service.pipeline.sentences.sentence_ends import sentence_ends

_WITHOUT_BLANKS = {"zh-Hans", "ja", "km"}


def sentences(text: str, lang: str) -> list[str]:
    ends = sentence_ends(text, lang)
    return [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]


SENTENCES = [
    (
        "de",
        [
            "Das ist z. B. gut, d. h. sehr gut.",
            "Am 3. Oktober kam Dr. Müller.",
            "Siehe S. 5, Abs. 2 und Art. 3 ff. des Gesetzes.",
            "Der 2. Weltkrieg begann.",
            "Ludwig XIV. war König.",
            "Prof. Dr. med. Huber, geb. 1960, u. a. in Bonn.",
            "Das sind ca. 5 Mio. Euro bzw. mehr.",
            "Die Fa. Meier in der Hauptstr. 5 öffnet um 9 Uhr.",
            "Fr. Huber und Hr. Meier vgl. Nr. 7.",
            "Im 19. Jahrhundert war es so.",
            "Es war am 5. Er kam.",
        ],
    ),
    ("de", ["„Kommst du?“ fragte sie.", "„Ja!“ sagte er."]),
    ("de", ["Er wohnt im 3. Stock, Tel. 555, inkl. Bad u. Ä."]),
    (
        "fr",
        [
            "M. Dupont et Mme Curie, p. ex. à Paris.",
            "Voir art. 3 et p. 5 du vol. 2.",
            "Le Dr Petit et le Pr. Durand, env. 5 km av. J.-C.",
            "Mgr. Léon habite bd. Victor, n° 5.",
            "C'est fini.",
        ],
    ),
    ("fr", ["Il a dit : « Viens ! » et il est parti.", "Fin."]),
    ("fr", ["Selon M. Martin, c'est bon.", "MM. Petit et Grand sont là."]),
    (
        "es",
        [
            "El Sr. López y la Sra. Díaz viven en EE. UU. desde 1990.",
            "Vea la pág. 5, el art. 3 y el núm. 7.",
            "¿Cómo está Ud. hoy?",
            "Uds. y Vds. saben.",
            "El Dr. Ruiz, p. ej. en la Av. Sol, n.º 5.",
            "Son aprox. 5 km, etc. y más.",
            "D. Juan y Dña. Ana llegaron.",
        ],
    ),
    ("es", ["«¿Qué?» dijo.", "«¡Sí!»"]),
    (
        "it",
        [
            "Il dott. Rossi, ecc. e l'ing. Bianchi.",
            "Il sig. Verdi e la sig.ra Neri, v. pag. 5.",
            "L'avv. Gialli e il prof. Blu, art. 3, n. 5.",
            "È nato nel 20 a.C. a Roma.",
            "Fine.",
        ],
    ),
    ("it", ["Vedi p. es. la fig. 3.", "Spett. ditta, c.a. Mario."]),
    (
        "nl",
        [
            "Dit is bijv. goed, d.w.z. beter.",
            "Dhr. Jansen en mevr. De Vries, o.a. in Gent.",
            "Zie blz. 5, nr. 7, art. 3.",
            "Het kost ca. 5 euro, m.a.w. weinig.",
            "Drs. Smit en ir. Bos kwamen i.p.v. hem.",
            "Klaar.",
        ],
    ),
    (
        "sv",
        [
            "Det är t.ex. bra, dvs. mycket bra.",
            "Kl. 5 kom bl.a. han.",
            "Det kostar ca. 5 kr. per st. och m.m. Se s. 5, nr. 7 och kap. 3.",
            "Slut.",
        ],
    ),
    ("sv", ["Det är t. ex. så."]),
    (
        "da",
        [
            "Det er f.eks. godt, dvs. bedre.",
            "Den 3. oktober kom hr. Hansen og fr. Jensen.",
            "Se s. 5, nr. 7, jf. kap. 3.",
            "Ca. 5 kr. pr. stk. Slut.",
        ],
    ),
    (
        "nb",
        [
            "Det er f.eks. bra, dvs. bedre.",
            "Den 3. oktober kom bl.a. han.",
            "Se s. 5, nr. 7, jf. kap. 3.",
            "Slutt.",
        ],
    ),
    (
        "fi",
        [
            "Se on esim. hyvä, ts. parempi.",
            "Tapasimme 3. lokakuuta klo. 5.",
            "Ks. s. 5 ja nro. 7, mm. tämä.",
            "Loppu.",
        ],
    ),
    (
        "cs",
        [
            "Je to např. dobré, tj. lepší.",
            "Dne 3. října přišel p. Novák.",
            "Viz str. 5, č. 7 a odst. 3.",
            "Ing. Novák, MUDr. Malý a Mgr. Černá, tzv. tým.",
            "Karel IV. byl král.",
            "Konec.",
        ],
    ),
    (
        "pl",
        [
            "To np. dobrze, itd. i tak dalej.",
            "Mieszka na ul. Długiej 5, m.in. tam.",
            "Dr hab. Nowak i prof. Kot, zob. str. 5, nr 7, tj. tu.",
            "Dnia 3. maja, ok. 5 zł, im. Jana, św. Anny, al. Róż.",
            "Koniec.",
        ],
    ),
    ("pl", ["Jan Paweł II. był.", "Tak."]),
    (
        "hu",
        [
            "Ez pl. jó, ill. jobb.",
            "Október 3. napján jött dr. Kiss.",
            "Lásd 5. old., kb. 3 km.",
            "A 3. kerületben él.",
            "Vége.",
        ],
    ),
    (
        "tr",
        [
            "Bu örn. iyi vb. şeyler.",
            "Dr. Ali ve Prof. Ayşe geldi.",
            "3. bölüm, s. 5, No. 7.",
            "Atatürk Cad. 5, İst. adresi.",
            "Son.",
        ],
    ),
    (
        "ru",
        [
            "Это т. е. хорошо, и т. д. В 1990 г. он жил на ул. Ленина, д. 5, кв. 7.",
            "См. стр. 5, рис. 3, т. 2 и гл. 4.",
            "Им. Пушкина, пр. Мира, г. Москва, 5 тыс. руб. и др. деньги.",
            "В XIX в. это было.",
            "А. С. Пушкин родился.",
            "Конец.",
        ],
    ),
    ("ru", ["— Да! — сказал он.", "Всё."]),
    (
        "uk",
        [
            "Це т. ін. добре, напр. так.",
            "У 1990 р. він жив на вул. Франка, буд. 5.",
            "Див. с. 5, рис. 3, м. Київ.",
            "Кінець.",
        ],
    ),
    (
        "bg",
        [
            "Това е напр. добре, т.е. така.",
            "През 1990 г. живееше на ул. Иван, бл. 5.",
            "Виж стр. 5.",
            "Край.",
        ],
    ),
    (
        "el",
        [
            "Ο κ. Παπάς και η κα. Λέκκα, π.χ. εδώ.",
            "Δηλ. έτσι, κ.λπ. και άλλα.",
            "Βλ. σελ. 5, αρ. 7.",
            "Τι κάνεις;",
            "Καλά.",
        ],
    ),
    (
        "ro",
        [
            "Este de ex. bun, adică bine.",
            "Dl. Popescu și dna. Ionescu, str. Lungă, nr. 5.",
            "Vezi pag. 5, art. 3 etc. și altele.",
            "Gata.",
        ],
    ),
    ("ca", ["El Sr. Puig i la Sra. Mas, p. ex. aquí.", "Vegeu la pàg. 5, núm. 7.", "Fi."]),
    (
        "hr",
        [
            "To je npr. dobro, tj. bolje.",
            "Dana 3. listopada došao je dr. Horvat.",
            "Vidi str. 5, br. 7, ul. Duga.",
            "Kraj.",
        ],
    ),
    ("ar", ["شكرا، د. أحمد جاء.", "كيف حالك؟", "انظر ص. 5."]),
    ("fa", ["این خوب است.", "چطوری؟", "بله."]),
    ("hi", ["डॉ. शर्मा और प्रो. वर्मा आए।", "वह 5 कि.मी. दूर है।", "क्या?", "हाँ।"]),
    ("hi", ["वह 5 रु. में है.", "ठीक."]),
    ("bn", ["ড. রহমান এলেন।", "মো. করিম গেলেন।", "কেন?", "ভালো।"]),
    ("th", ["พ.ศ. 2567 ดร. สมชาย มา"]),
    ("th", ["ราคา ๑,๒๓๔.๕๖ บาท"]),
    ("km", ["នេះជាប្រយោគ។", "នេះជាប្រយោគទីពីរ។"]),
    ("bo", ["བོད་སྐད་ཡིན།", "དེ་རིང་བཟང་།"]),
    (
        "ja",
        [
            "「行く？」と彼は言った。",
            "（見て。）",
            "次です。",
            "「はい。」",
            "そう言った。",
            "彼は「行く！」と叫んだ。",
            "本当？！",
            "うん。",
        ],
    ),
    (
        "zh-Hans",
        [
            "他问：“你好吗？”",
            "我说：“好。”",
            "“快跑！”的声音传来。",
            "价格是１，２３４．５元。",
            "真的？！",
            "是的……好。",
            "（完。）",
            "他走了。",
        ],
    ),
    ("ur", ["ڈاکٹر آیا۔", "کیا؟", "ہاں۔"]),
    ("hy", ["Բարեւ։", "Ինչպե՞ս ես։"]),
    ("ko", ["안녕하세요.", "오늘은 3.5도입니다.", "네!"]),
    (
        "ko",
        [
            "회의는 2024. 5. 3. 서울에서 열렸다.",
            "5. 3. 오후에 왔다.",
            '그는 "가자."고 했다.',
            '"안녕." 하고 말했다.',
            '"끝."',
            "그는 웃었다.",
            "1.",
            "상자를 여세요.",
            "2.",
            "닫으세요.",
        ],
    ),
    ("de", ["Gegen 10. Dez. kommt er.", "Wir sind 5.", "Deshalb nicht."]),
    ("sl", ["Dne 3. 5. 2024 je prišel.", "Konec."]),
    ("hr", ["Dana 3. 5. 2024. došao je.", "Kraj."]),
    ("nb", ["Han kom 3. 5. 2024 hjem.", "Slutt."]),
    ("hu", ["Az 2024. 05. 03. volt.", "Vége."]),
    ("ja", ["1.箱を開けます。", "2.彼は「3。4。」と言った。"]),
    ("he", ['ד"ר כהן הלך.', "מה זה?", 'המחיר 3.5 ש"ח.', 'הוא אמר: "בוא. לך."', "סוף."]),
    (
        "nl",
        ["'s Avonds gaat hij weg.", "Hij komt 's middags.", "'t Is mooi.", "Hij zei: 'Kom.'", "Zij ging."],
    ),
    ("nl", ["Het was 5 uur.", "’s Morgens kwam hij.", "’t Is zo."]),
    ("sv", ["Kl. 14.30.", "”Bra”, sa han.", "”Kom hit.”", "»Ja.«", "Slut."]),
    ("fi", ["Se oli 3.5.2024.", "”Hyvä”, hän sanoi.", "Loppu."]),
    ("da", ["Den 3. maj.", "»Godt«, sagde han.", "»Kom.«", "Han gik."]),
    ("ko", ["5월에 도착합니다.", '"좋아"라고 그는 말했다.', "‘네.’", "그는 갔다."]),
    ("zh-Hans", ["“好，”他说。", "350万人。", "“走。2个。”", "（共3个。4个。）"]),
    ("ta", ["விலை ரூ. 500.", "முடிந்தது."]),
    ("te", ["డా. రావు వచ్చారు.", "ముగిసింది."]),
    ("sw", ["Bw. Juma alikwenda.", "Mwisho."]),
    ("af", ["Mnr. Smit en mev. Botha.", "Einde."]),
    ("lt", ["Gerb. Petrai!", "Pabaiga."]),
    ("am", ["ሰላም።", "ደህና።"]),
    ("my", ["မင်္ဂလာပါ။", "နေကောင်းလား။"]),
    ("vi", ["TP. Hồ Chí Minh rất đẹp.", "Ông Ng. Văn A, v.v. và nữa.", "Hết."]),
    ("id", ["Jl. Sudirman No. 5, dll. dan lain.", "Dr. Budi dan Prof. Ani, a.n. dia.", "Selesai."]),
]


@pytest.mark.parametrize(("lang", "expected"), SENTENCES, ids=lambda one: str(one)[:20])
def test_ends(lang: str, expected: list[str]) -> None:
    assert sentences(("" if lang in _WITHOUT_BLANKS else " ").join(expected), lang) == expected


def test_entries_are_in_small_letters_without_their_point() -> None:
    for words in LEADING_WORDS.values():
        assert all(word == word.lower() and not word.endswith(".") for word in words)


@given(
    st.lists(
        st.sampled_from(
            [
                *"aБ漢ก.!?。」）』 \"'’",
                "」と",
                "3.",
                " ’s ",
                "2024. ",
                "１．５",
                "— д",
                "Dr. ",
                "।",
                "། ",
                "。",
                "\xa0",
            ]
        ),
        max_size=40,
    ),
    st.sampled_from(["de", "ru", "zh", "ja", "ko", "nl", "hi", "th", "bo", "xx"]),
)
@settings(deadline=None)
def test_ends_rise_to_the_end_of_the_text(parts: list[str], lang: str) -> None:
    text = "".join(parts)
    ends = sentence_ends(text, lang)
    assert ends == sorted(set(ends))
    assert ends[-1:] == ([len(text)] if text else [])
    assert all(end > 0 for end in ends)

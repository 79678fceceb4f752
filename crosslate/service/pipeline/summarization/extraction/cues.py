"""English words that tell what a sentence is for: a decision, a request, a courtesy."""

from __future__ import annotations

import re


def _cue(patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns.split(', '))})\b", re.IGNORECASE)


CUES: dict[str, re.Pattern[str]] = {
    "decision": _cue(
        r"decid\w+, decision, agreed, vot(?:ed|es?), approved, resolved, accept(?:ed|s), chose, "
        r"elected, adopted, settled, final, plan(?:s|ned)? to, will be, going to, from now on"
    ),
    "resolution": _cue(
        r"(?:was|were) (?:decided|agreed|resolved|rejected), "
        r"(?:council|board|meeting|committee|commission|department|government|parliament|court|city|company|"
        r"group|members?|union|club|team|school|residents|it|they|we|everybody) "
        r"(?:has |have |then |now )?(?:decide[ds]?|agree[ds]?|vote[ds]?|resolve[ds]?|chose|drop), "
        r"decision:, decided:, resolved:, agreed:, accepted for, unanimous\w*, by \w+ votes"
    ),
    "undecided": _cue(
        r"no (?:decision|agreement|conclusion|result), not (?:yet )?(?:been )?(?:decided|agreed), "
        r"(?:decision|agreement) .{0,40}not (?:made|taken|reached), without (?:a )?result, undecided, "
        r"adjourned, (?:was|were) (?:discussed|debated), discussed (?:whether|for|again|the), "
        r"(?:minutes|accounts) .{0,40}approved"
    ),
    "report": _cue(
        r"presented, explained, showed, shown by, reminded, pointed out, suggested, proposed, wondered, "
        r"thought, informed, spoke, overview, reported, reports, listed, asked, feared, worried, talked about"
    ),
    "aside": _cue(
        r"until then, workaround, in the meantime, let me know, if you (?:want|need|have|agree|like)[^.]*, "
        r"more information, please send, i can make, screenshot, log, small things?, do not hesitate, "
        r"look(?:ing)? forward, you were right, in return, appreciate, wonderful, lovely, love the, thank"
    ),
    "comparison": _cue(
        r"than, twice, half, times as, as many, as much, no difference, did not change, percent, "
        r"a (?:third|fifth|quarter), as (?:good|strong|well) as"
    ),
    "request": _cue(
        r"please, could you, can you, would you, need(?:s|ed)? to, has to, have to, must, should, "
        r"deadline, by (?:mon|tues|wednes|thurs|fri|satur|sun)day, no later than, asked? (?:you|for), "
        r"let me know"
    ),
    "finding": _cue(
        r"found, find(?:s|ings)?, show(?:s|ed|n)?, result(?:s|ed)?, conclu\w+, discover\w+, "
        r"suggest(?:s|ed)?, demonstrat\w+, reveal\w*, prove[dns]?, turn(?:s|ed) out, according to, the "
        r"(?:cause|reason|problem) (?:is|was), caused by, cause"
    ),
    "purpose": _cue(
        r"we (?:present|propose|introduce|show|develop|describe|study|investigate|demonstrate|find), "
        r"this (?:paper|work|article|study), our (?:method|approach|model|results?), propose[ds]?, "
        r"present(?:s|ed)? a"
    ),
    "definition": _cue(
        r"(?:is|are) (?:a|an|the|one of), lets you, allows?, provides?, returns?, deletes?, creates?, "
        r"converts?, computes?, used (?:for|to), means"
    ),
    "change": _cue(
        r"new, now, no longer, instead, chang\w+, replac\w+, mov(?:ed?|ing), clos(?:ed?|es|ing), "
        r"open(?:s|ed), end(?:s|ed), start(?:s|ed|ing)?, begin(?:s|ning)?, first, until, postpon\w+, "
        r"cancel\w*, stop(?:s|ped)?, fix(?:ed)?, free"
    ),
    "weight": _cue(
        r"important, most, main(?:ly)?, key, essential, in short, in summary, overall, above all, "
        r"biggest, largest, only, never, record, significant\w*, recommend\w*, advise, warn\w*, so "
        r"that, therefore, as a result, thus, so"
    ),
    "reason": _cue(r"because, since, due to, so that, in order to, which means, reason, why"),
    "contrast": _cue(
        r"but, however, although, though, instead, yet, unfortunately, nevertheless, in the end, "
        r"finally, then"
    ),
    "hedge": _cue(
        r"perhaps, maybe, might, could, probably, i think, i guess, hope, wonder, seem(?:s|ed)?, for "
        r"example, for instance, e\.g, such as"
    ),
    "social": _cue(
        r"thanks?, thank you, sorry, hello, hi, hey, welcome, congratulations, best, regards, cheers, "
        r"lol, haha, oh, ok, okay, great, nice, good luck, have a, hope (?:you|all|this), morning, "
        r"weather"
    ),
    "meta": _cue(
        r"present:, apologies, attach\w*, agenda, minutes, meeting, subject, version, "
        r"comment(?:s|ed)?, reported by, priority, questions, contact, e-?mail, phone, welcom\w+, "
        r"reminded, discussed, reported"
    ),
    "formality": _cue(
        r"next (?:meeting|session|release|issue|episode)s?, present:, present were, apologies, attendees, "
        r"last meeting, any other business, thanked, welcomed, the meeting (?:opened|closed|ended|began), "
        r"copyright, licen[cs]e, all rights reserved, see also, for more information"
    ),
    "small_talk": _cue(
        r"lunch, coffee, weekend, holidays?, hope (?:you|all|this|the), looking forward, see you, miss you, "
        r"how are you, cat, weather, take care, have fun, well done, love to, say hello, by the way"
    ),
    "trouble": _cue(
        r"problem, error, fails?, failed, failing, crash\w*, broken?, broke, tore, cuts off, cannot, can't, "
        r"doesn't, does not, won't, missing, lost, wrong, invalid, leak\w*, dripping, stuck, bug, fault\w*, "
        r"damag\w+, late, delay\w*"
    ),
    "effect": _cue(
        r"raise[sd]?, lower(?:s|ed), lengthen(?:s|ed), shorten(?:s|ed), halve[sd]?, double[sd]?, "
        r"improve[sd]?, reduce[sd]?, increase[sd]?, decrease[sd]?, fell, rose, outperform\w*, "
        r"achieve[sd]?, cause[sd]?, led to, leads to, depend(?:s|ed)? on"
    ),
    "recurring": _cue(r"(?:mon|tues|wednes|thurs|fri|satur|sun)days, every (?:day|week|month|morning)"),
    "first_person": _cue(r"i, my, me, i'm, i've, i'll"),
    "we": _cue(r"we, our, us"),
    "you": _cue(r"you, your"),
    "said": _cue(r"said, says, told, asked, added, explained, thought, replied"),
    "past_events": _cue(r"was, were, had, did"),
}
ANNOUNCEMENT = _cue(
    r"wanted to (?:write|say|tell|ask), (?:is|was) this, said it, the (?:(?:good|bad) )?news is, "
    r"the point is, now to, to the point, reason i(?:'m| am) (?:writing|calling), "
    r"something (?:else|less|important), change of topic"
)
"""What comes next is what matters."""
DATE = _cue(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?, january, february, march, april, june, july, "
    r"august, september, october, november, december, tomorrow, tonight, today, noon, "
    r"\d{1,2}(?::\d{2})?\s?[ap]m"
)
CONTRACT = _cue(
    r"shall, (?:these|the|our|additional) terms, agreements?, you agree, liab(?:le|ility), "
    r"licen[cs](?:e[ds]?|or|ee), (?:third|either|the other|both) part(?:y|ies), consent\w*, privacy, "
    r"rights?, terminat(?:e[ds]?|ion), warrant(?:y|ies), indemni\w+, tenant, landlord, less(?:ee|or), "
    r"sublet, hereby, herein\w*, thereof, pursuant, notwithstanding, cookies, "
    r"personal(?:ly identifiable)? (?:data|information), "
    r"your (?:account|use|content|consent|information|data), "
    r"(?:our|the|this) (?:services?|sites?|websites?|polic(?:y|ies)|software), "
    r"you (?:may|must|are responsible|can|will|acknowledge)(?: not)?, may not, "
    r"at (?:any time|your own risk|its sole discretion), prior notice, prohibited, in writing, annex, "
    r"reserves?, copyright\w*, intellectual property, law enforcement"
)
"""Contracts, terms of use and privacy policies have one of these in every other sentence."""
DEPENDENT = re.compile(
    r"(?:It|They|He|She|This|That|These|Those|There|But|And|Or|Yet|So|Then|Its|Their|His|Her|Both|Such|Here|"
    r"Others?|Another|Some|Also|Either|Neither|Instead|Otherwise)\b"
)
"""It goes on with what was said before."""
DANGLING = re.compile(
    r"(?:I|You|He|She|We|They)\b(?:['’]\w+)?"
    r"(?: (?!(?:the|an?|my|our|your|his|her|their|this|these|that|every|each|some|any|no|think|found|make)"
    r"\b)"
    r"[a-z]+){1,4} (?:it|them|him)\b"
)
"""It says what somebody does with something, and not with what."""

"""Where Latin names stand: side by side, behind initials and roles, as signatures; whatever the words mean elsewhere.

In: folded text. Out: weak spans; the clinical grammar and the vocabulary speak against them.
Source: spec, Reports: deny in positions where names occur; United States census names (package ``names``).
"""

import re
from collections.abc import Iterator

from curation.text import words_en
from curation.text.lexicon import clinical_en, given_en, surnames_en, surnames_pinyin, word_set
from curation.text.spans import Span, Strength

_CAP = r"[A-ZÀ-Þ](?:[a-zß-ɏ]+|')(?:[-'][A-ZÀ-Þ]?[a-zß-ɏ]+)*"
_PAIR = re.compile(rf"(?<![A-Za-z])({_CAP})[ ](?:[A-Z]\.?[ ]|(?:bin|van|de|al|von|der|la)[ ])?({_CAP})(?![A-Za-z])")
_SMALL_CUED = re.compile(
    r"(?<![a-z])(?i:pt|patient|called to|this is|dictating on|husband|wife|daughter|son|mother|father|w/?)"
    r"\s(?:dr\s)?([a-z]{3,}\s[a-z'-]{3,})"
    r"(?=\s(?:mrn|np|md|rn|pa|dob|from|comma|\d)|[,;.]|$)"
)
_SPEAKER = re.compile(
    rf"(?m)^(?:\d{{1,2}}:\d{{2}}[ ])?({_CAP}[ ][A-Z]\.?)[ ]?:|^\d{{1,2}}\)[ ]({_CAP},[ ][A-Z]\.?)(?![A-Za-z])"
)
_SPREAD = re.compile(r"(?<![A-Za-z])[A-Z](?:[ ][A-Z]){3,}(?![A-Za-z])")
_SMALL_PAIR = re.compile(r"(?<![A-Za-z-])([a-z]{3,})[ ]([a-z][a-z'-]{3,})(?![A-Za-z])")
_COMMA = re.compile(rf"(?m)^[ \t]*({_CAP}),[ ]({_CAP})(?=[ .,;(\d]|$)")
_INITIAL = re.compile(rf"(?<![A-Za-z.])((?:[A-Z]\.[ ]?|[A-Z][ ])({_CAP}))(?![A-Za-z])")
_ROLE = re.compile(
    rf"(?<![A-Za-z])(?i:partner|husband|wife|spouse|mother|father|daughter|son|sister|brother|coach|coordinator|resident|"
    rf"patient|pt|infant|donor|tech|seen by|refer(?:red)? to|ask for|this is|results for|next of kin|employee|"
    rf"adjuster|confidential;|"
    rf"of baby|infant|parents?|understands?[.] |per|attn|by|thx,|thanks,)[:;,]?[ ]+"
    rf"((?:{_CAP}|bin|van|al|de)(?:[ ](?:{_CAP}|[A-Z]\.|bin|van|al|de)){{0,2}})"
)
_SENTENCE_NAME = re.compile(rf"(?<=[.;] )({_CAP})(?=\.?[ \t]*(?:$|\n)|[.] )|(?<=[/]) ?({_CAP})(?=[ \t]*(?:$|\n))")
_SMALL_INITIALS = re.compile(r"(?m)(?:(?<=[.\s])[-/~]|^[-/]|(?<=\. ))[ ]?([a-z]{2,3})(?=[ \t]*$|[ ]\d{1,2}/\d{1,2})")


def english_names(text: str) -> Iterator[Span]:
    """Find Latin names by where they stand."""
    for find in (_pairs, _romanized, _cued, _paired, _initials, _after_roles, _signatures, _written_otherwise):
        for start, end in find(text):
            words = words_en.TOKEN.finditer(text, start, end)
            if find is _initials or not any(words_en.is_eponym(word.group(), text, word.end()) for word in words):
                yield Span(start, end, "NAME", Strength.WEAK)


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Find a given and a family name side by side, with capitals, without, or parted by a comma at a line's start."""
    for match in _PAIR.finditer(text):
        if (_given(match[1]) and _family(match[2], after=match[1])) or all(map(_rare, match.groups())):
            yield match.span()
    for match in _SMALL_PAIR.finditer(text):
        if match[1] in given_en() and _unusual_family(match[2]) and not words_en.is_clinical(match[1]):
            yield match.span()
    for match in _COMMA.finditer(text):
        if match[1].lower() in surnames_en() and _given(match[2]):
            yield match.start(1), match.end(2)


def _initials(text: str) -> Iterator[tuple[int, int]]:
    """Find an initial before a family name."""
    yield from (m.span(1) for m in _INITIAL.finditer(text) if _after_initial(m[2], dotted="." in m[1][:2]))


def _after_roles(text: str) -> Iterator[tuple[int, int]]:
    """Find one to three words with capitals behind a role, one of them a listed name."""
    yield from (m.span(1) for m in _ROLE.finditer(text) if any(words_en.is_listed_name(word) for word in m[1].split()))


def _written_otherwise(text: str) -> Iterator[tuple[int, int]]:
    """Find names in small letters behind a cue, speakers of a chat, entries of a list, and spread letters."""
    for match in _SMALL_CUED.finditer(text):
        words = match[1].split()
        if any(words_en.is_listed_name(word) for word in words) and not any(
            words_en.is_clinical(word) for word in words
        ):
            yield match.span(1)
    for match in _SPEAKER.finditer(text):
        group = 1 if match[1] else 2
        if words_en.is_listed_name(words_en.TOKEN.findall(match[group])[0]):
            yield match.span(group)
    yield from (m.span() for m in _SPREAD.finditer(text) if words_en.is_listed_name(m.group().replace(" ", "")))


def _signatures(text: str) -> Iterator[tuple[int, int]]:
    """Find a family name that is a sentence of its own, and small initials at the end of a line."""
    for match in _SENTENCE_NAME.finditer(text):
        group = 1 if match[1] else 2
        if words_en.is_listed_name(match[group]) and not words_en.is_clinical(match[group]):
            yield match.span(group)
    yield from (m.span(1) for m in _SMALL_INITIALS.finditer(text) if m[1] not in _SMALL_WORDS)


_SMALL_WORDS = word_set("small_words")
#: Given names that begin sentences and phrases of reports.
_PHRASE_WORDS = word_set("phrase_words")


def _given(word: str) -> bool:
    plain = word.lower()
    return (
        (plain in given_en() or words_en.is_name(word))
        and not words_en.is_clinical(word)
        and plain not in _PHRASE_WORDS
    )


def _family(word: str, *, after: str) -> bool:
    """Tell whether a word with a capital can be a family name behind a given name."""
    plain = word.lower()
    if plain not in surnames_en() and not words_en.is_name(word):
        return False
    if words_en.is_clinical(word):
        return words_en.is_name(after) or words_en.frequency(after.lower()) < words_en.FREQUENT
    return words_en.frequency(plain) < words_en.FREQUENT * 3


def _rare(word: str) -> bool:
    """Tell whether a word with a capital is neither of reports nor of everyday language."""
    return not words_en.is_clinical(word) and words_en.frequency(word.lower()) < words_en.COMMON


def _unusual_family(word: str) -> bool:
    return word in surnames_en() and not words_en.is_clinical(word) and words_en.frequency(word) < words_en.COMMON * 10


def _after_initial(word: str, *, dotted: bool) -> bool:
    plain = word.lower()
    if plain not in surnames_en() and plain not in surnames_pinyin():
        return False
    if words_en.is_clinical(word):
        return dotted and words_en.may_be_name(word)
    return dotted or words_en.frequency(plain) < words_en.COMMON * 30


_SYLLABLE = (
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxzcsryw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|"
    r"er|ia|ie|iu|ua|ui|uo|ue|ve|[aeiouv])"
)
_GIVEN = re.compile(rf"{_SYLLABLE}(?:[-']?{_SYLLABLE}){{0,2}}", re.IGNORECASE)
_ROMANIZED = re.compile(
    r"(?<![A-Za-z])([A-Z][a-z]+|[A-Z]+),?[ ]{1,2}([A-Z][a-z]+(?:[-' ][A-Z]?[a-z]+)?|[A-Z]+(?:[ -][A-Z]+)?)(?![A-Za-z])"
)


def _romanized(text: str) -> Iterator[tuple[int, int]]:
    """Find a romanized Chinese name: a family name beside one to three syllables, both with capitals."""
    for match in _ROMANIZED.finditer(text):
        for family, given in ((match[1], match[2]), (match[2], match[1])):
            syllables = re.split(r"[ -]", given)
            if family.lower() in surnames_pinyin() and all(_GIVEN.fullmatch(part) for part in syllables):
                known = [
                    word.lower() in clinical_en() or words_en.frequency(word.lower()) > words_en.COMMON * 10
                    for word in (family, *syllables)
                ]
                if not all(known):
                    yield match.span()
                break


_AFTER_CUE = re.compile(
    r"(?<![A-Za-z])(?:by|with|per|to|from|for|Pt|pt|[Pp]atient)[ ](?:Drs?\.?[ ]|M(?:rs?|s)\.?[ ])?"
    r"([A-ZÀ-Þ][a-zß-ɏ'-]+(?:[ ](?:[A-Z]\.?[ ])?[A-ZÀ-Þ][a-zß-ɏ'-]+){1,2})"
)


def _cued(text: str) -> Iterator[tuple[int, int]]:
    """Find two or three capitalised words after ``by``, ``with``, …, none of them clinical, however common they are."""
    for match in _AFTER_CUE.finditer(text):
        words = words_en.TOKEN.findall(match[1])
        plain = any(
            words_en.is_clinical(word) or words_en.frequency(word.lower()) >= words_en.FREQUENT * 5 for word in words
        )
        if not plain and not words_en.is_eponym(words[-1], text, match.end(1)):
            yield match.span(1)


_TWO_WORDS = re.compile(r"(?<![A-Za-z])([A-Z][a-z]{2,}) (?:[A-Z]\.? )?([A-Z][a-z]{2,})(?![A-Za-z])")


def _paired(text: str) -> Iterator[tuple[int, int]]:
    """Find a given and a family name side by side, also where both are words (Will Young, Grace Park)."""
    for match in _TWO_WORDS.finditer(text):
        if all(words_en.may_be_name(word) and not words_en.is_clinical(word) for word in match.groups()):
            yield match.span()

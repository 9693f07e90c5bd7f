"""Default deny for English words where names occur: unknown or name words go unless clinical or common.

In: folded text. Out: weak name spans, and the reading of a name after a cue.
Source: lexicon/ lists; wordfreq frequencies (large list) as the measure of common language.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from curation.text.lexicon import (
    clinical_en,
    eponyms,
    frequencies,
    given_en,
    names_en,
    surnames_en,
    surnames_pinyin,
    word_set,
)
from curation.text.spans import Span, Strength
from schemas.case import Language

TOKEN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['-][A-Za-zÀ-ɏ]+)*")
COMMON = 1e-6  # zipf 3.0: words a general reader meets
FREQUENT = 1e-4  # zipf 5.0: function words and the like
_NO_WORD = 1e-5  # zipf 4.0: given names that are words are used more often
_RARE = 1e-7  # zipf 2.0
_MEDICAL = re.compile(
    r"(?:itis|osis|oses|omas?|omata|ectomy|otomy|ostomy|graphy|grams?|graph|scopy|plasty|pathy|emia|uria|ectas(?:is|ia)|megaly|cele|"
    r"liths?|lithiasis|echoic|genic|genous|vascular|trophy|trophic|plasia|plastic|stenosis|stenotic|pnea|rrhea|rrhagia|algia|cardia|"
    r"cardi(?:al|um)|metri(?:al|um)|theli(?:al|um)|nephric|hepatic|renal|dermal|tonic|phasic|centesis|static|lytic|iform|ular)$"
    r"|^(?:hypo|hyper|peri|intra|extra|inter|trans|endo|epi|retro|supra|infra|sub|ante|antero|postero|infero|supero|medio|latero|poly|"
    r"multi|micro|pseudo|pre|post|cardio|hepat|nephr|chole|cyst|hydro|thromb|neuro|osteo|gastro|uter|ovari|thyro|mamm|echo|sono|"
    r"ultraso|angio|veno|arterio|lympho|fibro|adeno|lipo|haem|hem)[a-z]{3,}$"
)
#: Endings of ordinary words; names have them too (Meiling, Manning), so they prove nothing about a capitalised word.
_ORDINARY = re.compile(
    r"(?:oid|ations?|ical|ically|ness|ment|i[zs]ed|ing|ed|ly|ible|able|eal|ous|ity)$|^(?:para|non|un|mid|bi|tri|uni|macro)[a-z]{3,}$"
)
_TITLES = word_set("titles")
_CREDENTIALS = word_set("credentials")
_ROLES = word_set("roles_en")
_BEFORE = word_set("before_name")
#: Words of headers and footers.
_PLAIN = word_set("plain_en")
_ROMAN = re.compile(r"[IVX]+[abcAB]?")
_SENTENCE = re.compile(r"(?:^|[.!?:;\n)\]•*]|\d[.)]|- )[\s\"'(\[]*$")


@lru_cache(maxsize=65536)
def frequency(word: str) -> float:
    """Look up how often a lower-case word is used."""
    return frequencies(Language.EN).get(word, 0.0)


@lru_cache(maxsize=65536)
def is_clinical(token: str) -> bool:
    """Tell whether a token is vocabulary of reports: itself, its parts, its singular or its build."""
    word = token.lower()
    if _is_listed(word) or _ROMAN.fullmatch(token):
        return True
    if word.endswith("'s"):
        return is_clinical(word[:-2])
    if "-" in word:
        return all(is_clinical(part) or is_common(part) for part in word.split("-") if part)
    rare_name = token.istitle() and word in surnames_en() and frequency(word) < COMMON
    if word in names_en("strong") or len(word) <= 5 or rare_name:
        return False
    return bool(_MEDICAL.search(word)) or (not token.istitle() and bool(_ORDINARY.search(word)))


def _is_listed(word: str) -> bool:
    """Tell whether a word, its singular, or what a scanner read as "rn" for "m" is in the vocabulary."""
    forms = (word, word.rstrip("s"), word.removesuffix("es"), word.replace("rn", "m"))
    return any(form in clinical_en() for form in forms)


#: What scanned letters are read as: "mitra1", "5pleen", "srnall".
_MISREAD = str.maketrans("1058", "losb")


@lru_cache(maxsize=65536)
def is_misread_word(token: str) -> bool:
    """Tell whether a token with one or two digits is a clinical or frequent word of which letters were misread."""
    word = token.lower()
    digits = sum(char.isdigit() for char in word)
    plain = word.translate(_MISREAD)
    if not 1 <= digits <= 2 or len(word) < 4 or not plain.isalpha():
        return False
    return is_clinical(plain) or (frequency(plain) >= COMMON * 10 and plain not in names_en("strong"))


@lru_cache(maxsize=65536)
def is_common(token: str) -> bool:
    """Tell whether a token is common language and no name."""
    word = token.lower()
    if "-" in word:
        return all(is_common(part) or is_clinical(part) for part in word.split("-") if part)
    return word not in names_en("strong") and frequency(word.removesuffix("'s")) >= COMMON


def is_usual(token: str, *, sentence: bool) -> bool:
    """Tell whether a word of a header is everyday language and hardly part of a name."""
    word = token.lower()
    if frequency(word) < COMMON * 10 or word in names_en("weak"):
        return False
    if token.islower():
        return sentence or (word not in given_en() and word not in surnames_en()) or frequency(word) >= FREQUENT
    return word not in given_en() and word not in surnames_en()


@lru_cache(maxsize=65536)
def is_name(token: str) -> bool:
    """Tell whether a token is a listed name and hardly a word."""
    word = token.lower().removesuffix("'s")
    rare = word in given_en() and frequency(word) < _NO_WORD
    if rare and word not in clinical_en() and word not in names_en("weak"):
        return True
    return word in names_en("strong") or ("-" in word and any(part in names_en("strong") for part in word.split("-")))


def is_listed_name(token: str) -> bool:
    """Tell whether a token is in any list of names, common or rare."""
    word = token.lower()
    return word in surnames_en() or word in given_en() or word in surnames_pinyin() or may_be_name(token)


@lru_cache(maxsize=65536)
def is_plain(token: str) -> bool:
    """Tell whether a token is a word of headers or everyday language and no name."""
    return token.lower() in _PLAIN or (is_common(token) and not is_listed_name(token))


def may_be_name(token: str) -> bool:
    """Tell whether a token is a listed name, also one that is a word as well."""
    word = token.lower().removesuffix("'s")
    return is_name(token) or word in names_en("weak") or (token[0].isupper() and word in surnames_pinyin())


_EPONYM_ZH = re.compile(r"[ \t]?(?:法|征|氏|韧带|囊肿|间隙|分型|分级|综合征|窝|线|点|孔|管|腺)")


def is_eponym(token: str, text: str, at: int) -> bool:
    """Tell whether a token that ends at ``at`` is an eponym in place: with one of its nouns, or one that needs none."""
    nouns = eponyms().get(token.lower().removesuffix("'s"))
    if nouns is None:
        parts = token.split("-")
        return len(parts) > 1 and all(is_eponym(part, text, at) or is_clinical(part) for part in parts)
    if "*" in nouns or _EPONYM_ZH.match(text, at) or "\u4e00" <= text[at : at + 1] <= "\u9fff":
        return True
    near = TOKEN.findall(text[at : at + 24])[:3] + TOKEN.findall(text[max(0, at - len(token) - 60) : at - len(token)])
    return any(word.lower() in nouns for word in near)


_CAPITAL, _LETTER = re.compile(r"[A-Z]"), re.compile(r"[A-Za-z]")


def _starts_sentence(text: str, at: int) -> bool:
    return bool(_SENTENCE.search(text[max(0, at - 8) : at]))


_BEFORE_WORD = re.compile(r"[A-Za-z/]+")


def _previous_word(text: str, at: int) -> str:
    words = _BEFORE_WORD.findall(text, max(0, at - 14), at)
    return words[-1].lower() if words else ""


def _verdict(text: str, match: re.Match[str], shouting: bool) -> bool:
    """Tell whether the word goes."""
    token = match.group()
    word = token.lower().removesuffix("'s")
    if len(token) < 2 or word in _PLAIN or word in _CREDENTIALS or is_eponym(token, text, match.end()):
        return False
    if is_glued_name(token):
        return True
    before = _previous_word(text, match.start())
    if is_name(token):
        return not (token.islower() and word in clinical_en())
    if is_clinical(token):
        return False
    cued = before in _BEFORE and text[max(0, match.start() - 2) : match.start()].strip() in {"", "."}
    titled = (before in _TITLES or before in _ROLES) and token[0].isupper()
    rare_here = token.istitle() and frequency(word) < COMMON * 5 and is_listed_name(token)
    if titled or (is_common(token) and not rare_here):
        return titled
    return _unusual(text, match, shouting=shouting, cued=cued)


def is_glued_name(token: str) -> bool:
    """Tell whether capitals inside a token are those of a Chinese name in one word ("LiWei")."""
    parts = re.findall(r"[A-Z][a-z]+", token)
    return (
        len(parts) > 1
        and "".join(parts) == token
        and (parts[0].lower() in surnames_pinyin() or parts[-1].lower() in surnames_pinyin())
        and not all(is_clinical(part) for part in parts)
    )


def _is_abbreviation(token: str) -> bool:
    """Tell whether capitals inside a token make it an abbreviation (AoV, PcE, ASOs) or glued clinical words."""
    inner = sum(char.isupper() for char in token[1:])
    if not inner or token.isupper():
        return False
    if len(token) <= 5 or (token[:-1].isupper() and token.endswith("s")):
        return True
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", token)
    return len(parts) > 1 and all(is_clinical(part) or part.isupper() for part in parts)


def _unusual(text: str, match: re.Match[str], *, shouting: bool, cued: bool) -> bool:
    """Judge a word that is neither clinical nor common by its capitals and its place."""
    token = match.group()
    if _is_abbreviation(token):
        return False
    if text[match.start() - 1 : match.start()] == "<" and text[match.end() : match.end() + 1] == ">":
        return True  # no tag of HTML: a user
    rare = frequency(token.lower().removesuffix("'s")) < _RARE
    if token.isupper() and not shouting:
        return max(map(len, token.split("-"))) >= 6 or (cued and len(token) > 3)
    if token[0].isupper() and not shouting:
        return rare or not _starts_sentence(text, match.start())
    return cued or (shouting and rare)


def _neighbours(text: str, start: int, end: int) -> tuple[int, int]:
    """Stretch a name over the initials and capitalised words beside it."""
    while found := re.match(r"[ ,.^]{1,2}([A-Z][A-Za-zÀ-ɏ'-]+|[A-Z]\.?(?![A-Za-z0-9]))", text[end : end + 30]):
        word = found.group(1).rstrip(".")
        if len(word) > 1 and (is_clinical(word) or word.lower() in _CREDENTIALS or not _name_like(word)):
            break
        if "." in found.group()[:2] and len(re.split(r"[ .,^]", text[max(0, end - 30) : end])[-1]) > 1:
            break  # the next sentence
        if len(word) == 1 and re.match(r"\s*[=:\d/%]", text[end + found.end() :]):
            break
        end += found.end()
    while found := re.search(
        r"([A-Z][A-Za-zÀ-ɏ'-]+|(?<![A-Za-z])[A-Z]\.?)[ ,.^]{1,2}$", text[max(0, start - 30) : start]
    ):
        word = found.group(1).rstrip(".")
        if (
            word.lower() in _TITLES
            or word.lower() in _ROLES
            or (len(word) > 1 and (is_clinical(word) or not _name_like(word)))
        ):
            break
        start -= len(found.group())
    return start, end


def _name_like(word: str) -> bool:
    return may_be_name(word) or frequency(word.lower()) < COMMON * 10


def unknown_words(text: str) -> Iterator[Span]:
    """Find words of a line that are neither clinical nor common, where names occur."""
    capitals, letters = len(_CAPITAL.findall(text)), len(_LETTER.findall(text))
    shouting = letters > 12 and capitals > 0.7 * letters
    for match in TOKEN.finditer(text):
        if _verdict(text, match, shouting):
            yield Span(*_neighbours(text, *match.span()), "NAME", Strength.WEAK)


def _stops_name(token: str) -> bool:
    word = token.lower()
    if word in _CREDENTIALS and (token.isupper() or word in {"rdms", "rvt", "rdcs", "md", "phd"}):
        return True
    if is_name(token) or word in names_en("weak") or word in surnames_pinyin():
        return frequency(word) > 1e-3 and token.islower()  # "will", "may", "an" written small
    if is_clinical(token) or frequency(word) >= FREQUENT:
        return True
    return token.islower() and frequency(word) >= COMMON * 3


def read_name(text: str, at: int, end: int, limit: int = 6) -> int:
    """Read a Latin name from ``at``; return where it ends (``at`` when there is none)."""
    last, taken = at, 0
    position = at
    while position < end and taken < limit:
        gap = re.compile(r"[ \t]{0,2}(?:[,.^/&(\"-]|and(?=\s))?[ \t]{0,2}").match(text, position, end)
        position = gap.end() if gap else position
        token = TOKEN.match(text, position, end)
        if token is None:
            break
        word = token.group()
        if word.lower() in _TITLES or (word.lower() in _CREDENTIALS and taken == 0 and len(word) > 2):
            position = token.end() + (text[token.end() : token.end() + 1] == ".")
            continue
        if len(word) > 1 and _stops_name(word):
            break
        position = token.end()
        if position < end and text[position] == "." and len(word) == 1:
            position += 1
        last, taken = position, taken + 1
    return last

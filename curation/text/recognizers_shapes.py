# ruff: noqa: E501 - patterns are data
"""Rules for record numbers, telephones, e-mail and network addresses: shapes of any language.

In: nothing. Out: rules. Source: HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)(D)-(O)); curation/vocabulary/patterns.csv; own examples.
"""

import re

from curation.text.recognizers import Rule


def _no_obstetric_code(match: re.Match[str]) -> bool:
    """Tell whether a code is not gravida and para ("G3P1011")."""
    return not re.fullmatch(r"G\d{1,2}P\d{1,4}", match.group())


def _written_as_one(match: re.Match[str]) -> bool:
    """Tell whether the end of a host is not the first word of a sentence ("failure.In")."""
    return not match.group().rpartition(".")[2][:2].istitle()


RULES: tuple[Rule, ...] = (
    Rule(
        "email",
        "EMAIL",
        r"[A-Za-z0-9._%+-]+\s?@\s?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
        ("mail <a.b@c-d.org>",),
        ("5 @ 3",),
    ),
    Rule(
        "url",
        "URL",
        r"(?:https?://|www\.)[^\s\u4e00-\u9fff，。；）)]+|(?<![A-Za-z0-9_.@-])(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|cn|uk|au|in|sg|hk|de|fr|io|info|health|hospital|example)(?:[/?][^\s\u4e00-\u9fff，。]*)?(?![A-Za-z0-9_])",
        ("see <https://x.org/a?b=1>", "<www.a.cn>", "<portal.mercy.org>"),
        ("e.g. cysts", "failure.In the"),
        valid=_written_as_one,
        source="RFC 3986",
    ),
    Rule("ip", "ID", r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", ("from <192.168.1.20>",), ("1.2.3",)),
    Rule("uid", "ID", r"(?<![\d.])[0-2](?:\.(?:0|[1-9]\d*)){4,}(?![\d.])", ("<1.2.840.113619.2.1>",), ("1.2.3",)),
    Rule("mac", "ID", r"(?<![\w:])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:])", ("<00:1a:2b:3c:4d:5e>",), ("12:30",)),
    Rule("ssn", "ID", r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])", ("<123-45-6789>",), ("12-34-56",)),
    Rule(
        "phone",
        "PHONE",
        r"(?<![\d.])(?:\+?\d{1,3}[\s.-]?)?(?:\(\d{2,4}\)\s?|\d{3,4}[\s.-])\d{3,4}[\s.-]\d{4}(?:,?\s?(?:x|ext\.?|转)\s?\d{1,6})?(?!\d)",
        ("<(555) 123-4567>", "<555-123-4567>", "<+1 555 123 4567 ext 12>", "<175-555-3488, ext. 3511>."),
        ("1.2-3.4",),
    ),
    Rule(
        "phone_abroad",
        "PHONE",
        r"(?<![\d.])\+\d{1,3}(?:[\s.-]?\(?\d{1,4}\)?){2,6}(?!\d)(?:,?\s?ext\.?\s?\d{1,6})?",
        ("call <+45 55 50 12 90>.",),
        ("+ 12 mm",),
    ),
    Rule(
        "spelled_number",
        "ID",
        r"(?<![a-z])(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)(?:[\s-](?:zero|oh|one|two|three|four|five|six|seven|eight|nine)){3,}(?![a-z])|(?<![\d.])\d(?:\s\d){4,}(?!\d|\.\d)",
        ("number <seven seven four one two> comma", "number <5 5 0 1 2>."),
        ("one or two", "4 5 6 mm"),
    ),
    Rule(
        "hong_kong_id",
        "ID",
        r"(?<![A-Za-z0-9])[A-Z]{1,2}\d{6}\s?\([\dA]\)",
        ("HKID <Y288928(A)>",),
        ("T12(3)",),
        ignore_case=False,
    ),
    Rule(
        "phone_of_eight",
        "PHONE",
        r"(?<![A-Za-z])(?:HP|Tel|Ph|Mob|Mobile|Cell|手机|电话)\s?[.:]?\s?(?P<v>\d{4}[\s-]\d{4})(?!\d)",
        ("HP <9211 6246>",),
        ("Ph 7.2",),
    ),
    Rule(
        "phone_short",
        "PHONE",
        r"(?<![\d.-])(?:[2-9]\d{2}-\d{4}|\d{3,4}-\d{7,8})(?:\s?(?:x|ext\.?|转)\s?\d{1,6})?(?![\d-])",
        ("call <555-1234>", "<010-62345678>"),
        ("120-160",),
    ),
    Rule(
        "extension",
        "PHONE",
        r"(?<![a-z])(?:ext|extension|pager|beeper|bleep|分机)\.?\s?[:#]?\s?(?P<v>\d{2,8})|(?<![a-z])page\s(?P<w>\d{3,6})\s(?:with|for|if)",
        ("ext. <4521>", "Page <3787> with questions"),
        ("extends 20 mm",),
    ),
    Rule(
        "long_number",
        "ID",
        r"(?<![\d.])\d{6,}(?!\d)(?!\s?(?:/ul|IU|mIU|U\b|单位))",
        ("<00123456>", "A <1234567>"),
        ("12345",),
    ),
    Rule(
        "mixed_id",
        "ID",
        r"(?<![A-Za-z0-9.])(?!\d+I?U\b)(?=[A-Z0-9_/-]*\d{4})(?=[A-Z0-9_/-]*[A-Z])[A-Z0-9]+(?:[-_/][A-Z0-9]+)*(?![A-Za-z0-9])(?!\.\d)",
        ("<US2024-0031>", "<A10293>", "<AB12-3456>", "<AB12345U>"),
        ("CA125", "T12-L1", "G3P1011"),
        valid=_no_obstetric_code,
        ignore_case=False,
    ),
)

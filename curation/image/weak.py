"""Proofs that are weak: alone they prove nothing, because initials, names or departments look the same.

Flows in: the name of a rule and the text it proves. Flows out: yes or no.
"""

import re

#: Rules that prove nothing alone: codes and bare words need proven settings beside them, caliper marks the scan.
_NEEDS_COMPANY = frozenset({"coded_setting", "coded_run", "frame_count", "caliper"})
#: Presets that are also names of departments.
_DEPARTMENT = re.compile(
    r"[\u3400-\u9fff]{1,4}科|ob\s?/?\s?gyn|gyn|cardiology|urology|obstetrics|gyn(?:ae)?cology|emergency|p(?:a)?ediatrics?|neonatal|trauma|cardiac|vascular"
)
#: Units that are initials as well.
_LIKE_INITIALS = frozenset({"cc", "ms", "sd", "ml", "hz", "db", "bp", "ul", "mg", "kg"})
#: "M." is an initial, not metres.
_INITIAL = re.compile(r"[a-z]\.?")
#: Weeks without days are few letters ("3 W" of "3 West").
_WEEKS = re.compile(r"\d\s?w")
#: Labels of one plain word are also names ("Angle"): they want their value, or other values, beside them.
_ONE_WORD = re.compile(r"[a-z]{5,}")
#: Short names of display modes that are nobody's name or initials.
_MODES = frozenset({"2d", "3d", "4d", "pdi", "tdi", "cfm", "prf", "thi", "tis", "tib", "tic"})


def is_weak(rule: str, text: str, *, valued: bool) -> bool:
    """Say whether a text without value is so short that it could be initials, or proven by its company alone."""
    if (rule == "unit" and (text.strip() in _LIKE_INITIALS or _INITIAL.fullmatch(text.strip()))) or _WEEKS.fullmatch(
        text
    ):
        return True
    if rule == "label" and _ONE_WORD.fullmatch(text.strip(" :=")):
        return True
    if rule in _NEEDS_COMPANY or (rule == "device_line" and _DEPARTMENT.fullmatch(text.strip())):
        return True
    return not valued and len(text) <= 3 and text not in _MODES and rule not in ("unit", "probe", "date_label")

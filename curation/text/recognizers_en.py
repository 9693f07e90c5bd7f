# ruff: noqa: E501 - patterns are data
"""Rules for English names.

In: nothing. Out: rules. Source: HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)(A), (B)); curation/vocabulary/phi_cues.csv; own examples.
"""

import re

from curation.text import words_en
from curation.text.recognizers import Rule

_TITLECASE = r"(?:[A-Z]'|Mc|Mac|De|Van |von |de |da |al-|El-)?[A-ZÀ-Þ][a-zß-ɏ]+(?:[-'][A-ZÀ-Þ]?[a-zß-ɏ]+)?"


def _no_report_words(match: re.Match[str]) -> bool:
    """Tell whether some part parted by carets is no word of reports: codes of messages are written so too."""
    parts = [part for part in re.split(r"[\^.]", match.group()) if len(part) > 1]
    return not parts or not all(words_en.is_clinical(part) for part in parts)


RULES: tuple[Rule, ...] = (
    Rule(
        "caret_name",
        "NAME",
        r"(?<![A-Za-z])[A-Za-zÀ-ɏ'-]+(?:\^[A-Za-zÀ-ɏ.'-]*){1,4}(?![A-Za-z\d])",
        ("<SMITH^JOHN^A>",),
        ("10^9/L", "cm^2", "US^Renal"),
        valid=_no_report_words,
        source="DICOM PS3.5 6.2, value representation PN",
    ),
    Rule(
        "title_name",
        "NAME",
        r"(?<![A-Za-z])(?<!\d\s)(?:[Dd]rs?|DR|[Mm]rs?|MRS?|Ms|MS|[Mm]iss|[Pp]rof(?:essor)?|PROF|[Dd]octor|[Mm]x|[Rr]ev|Nurse|Sister|Sir|Madam)(?:\.\s?|\s)(?P<v>(?:[A-Z]\.?\s?){0,2}(?:(?:van|von|der|den|de|da|di|bin|binti|al|el|la|Ó|Ní|Mac)\s){0,3}[A-ZÀ-Þ][A-Za-zÀ-ɏ'-]+(?:\s[A-Z]\.?(?![A-Za-z]))?(?:\s[A-Z][a-zÀ-ɏ'-]+)?)",
        ("Dr. <Wong> agreed", "Mrs <O'Neil-Smith>", "Dr. <J. K. Patel>", "Mr <Long>"),
        ("MR angiography", "ms 45"),
        ignore_case=False,
    ),
    Rule(
        "title_name_small",
        "NAME",
        r"(?<![a-z])(?:[Dd]r|mrs|mr|prof)\.?\s(?P<v>(?!(?:of|is|was|the|and|to|jet|severity|grade|vmax|max|angio|imaging|mri|ct|venography|regurgitation|mild|moderate|severe|trace|on|in|at|for|will|who|has|notified|aware|informed|vc|ero|pht)\b)[a-z][a-z'-]+)(?!\s?(?:cm|=))",
        ("dr <wong> notified", "mrs <smith>"),
        ("mr severity", "dr of", "mr vmax"),
        ignore_case=False,
    ),
    Rule(
        "comma_name",
        "NAME",
        rf"(?:^|(?<=[\n:;(|]))\s*(?P<v>(?:[A-ZÀ-Þ]['A-ZÀ-Þ-]+|{_TITLECASE}),\s?(?:[A-ZÀ-Þ]{{2,}}|{_TITLECASE})(?:\s[A-Z]\.?)?)\s*(?=$|[\n\d(|;,-]|\s(?:MD|DO|RDMS|[MF]\b))",
        ("<Smith, John>", "<SMITH, JOHN Q> 45"),
        ("Liver, normal.",),
        ignore_case=False,
    ),
    Rule(
        "credential_name",
        "NAME",
        rf"(?P<v>(?:(?:{_TITLECASE}|[A-Z]\.?|[A-Z]{{2,}})\s){{0,2}}(?:{_TITLECASE}|[A-Z]{{3,}}(?:-[A-Z]+)?)),?\s(?:M\.?D\.?|D\.?O\.?|MBBS|FRCR|FACR|RDMS|RVT|RDCS|ARDMS|CRNP|PA-C|DNP|FRCPC|Ph\.?D\.?|APRN)(?![A-Za-z])",
        ("<Jane Roe>, MD", "<K. Lee>, RDMS", "<ROE>, RVT"),
        ("Liver, normal",),
        ignore_case=False,
    ),
    Rule(
        "slash_initials",
        "NAME",
        r"(?:(?<=\n)|^|(?<=\s))(?P<v>[A-Z]{2,4}\s?[/:]\s?[a-z]{2,4})(?=\s*(?:$|\n|\d|[DT]:))|(?:(?<=[\n\s])|^)(?i:initials|tech|sono|rad|by|typed|trans)\s?[:/]?\s?(?P<w>(?:[A-Z]\.){2,3}|(?!(?:CT|US|MR|MRI|PET|TEE|TTE|EUS|IV|VC|LMP|XR|CRL|MSD|EFW|BP|DU|CDU|TV|TA|TVS|PW|CW|FNA|AP|GA|HC|BPD|AC|FL)(?![A-Z]))[A-Z]{2,3})(?=\s*(?:$|[\n.,;/]))",
        ("<JKS/mlt>", "<JS:ab>", "by <JKS>"),
        ("S/D", "RI/PI"),
        ignore_case=False,
    ),
    Rule(
        "signature_slash",
        "NAME",
        r"/[sS]/\s?(?P<v>[A-Za-z][A-Za-z.'-]*(?:\s[A-Za-z][A-Za-z.'-]*){0,3})",
        ("/s/ <J. Roe>",),
        ("m/s 12",),
    ),
    Rule(
        "initials_dots",
        "NAME",
        r"(?i:patient|pt|by|name|dr\.?|mr\.?|mrs\.?|ms\.?)\s?[:]?\s(?P<v>(?:[A-Z]\.\s?){1,3}(?:[A-Z][a-zÀ-ɏ]+)?)(?![A-Za-z])",
        ("Patient <J.S.> was", "by <A. B. Roe>"),
        ("grade A.",),
        ignore_case=False,
    ),
    Rule(
        "initials_cued",
        "NAME",
        r"(?<![A-Za-z])(?i:tech|rad|sono|sonogr|reader(?:\s\d)?|reviewer|scanned|typed|transcribed|assessor|interp|addendum|sgd|initials|sig|verifier|-- |dictated by)\s?[.:;(/]{0,2}\s?(?P<v>(?!CT|US|MR|OR|ER|IV|BY|AT|ON|TO|IN|RE|NO|OK)[A-Z]{2,4}|(?:[A-Z]\.){2,3}|[a-z]\.[a-z]\.(?:[a-z]\.)?)(?![A-Za-z])|(?:^|(?<=\n)|-- )(?!ICA|CCA|E/)[A-Z]{2,3}/(?P<w>(?!CCA|ECA|AC|FL)[A-Z]{2,3})(?=[,\s]|$)|(?<=\bRN:)[A-Z]{2,3}(?![A-Za-z])",
        ("tech <TN> rad", "Reader 1 (<RL>): Moder", "Sgd. <A.N.M.>", "scanned <PH>"),
        ("tech note",),
        ignore_case=False,
    ),
    Rule(
        "newborn",
        "NAME",
        r"Baby\s(?:[Bb]oy|[Gg]irl)\s(?:[A-ZÀ-Þ][\w'-]+)(?:\s[A-Z][a-z]+)?|(?<=attn\s)[A-Z][a-z]+|(?<=GP\s)(?!is|was|to|and)[A-Z][a-z]+|(?:checked|initials|read by)\s(?P<v>(?:[A-Z]\.?){2,3})(?![A-Za-z])|(?:^|(?<=\n))(?P<w>[A-Z]\.[A-Z]\.(?:[A-Z]\.)?)/[a-z]{2}",
        ("<Baby boy Whitlock> |", "(attn <Pugh>)", "GP <Keane> aware", "checked <RA>"),
        ("Baby moves", "initials are"),
        ignore_case=False,
    ),
)

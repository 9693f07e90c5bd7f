# ruff: noqa: E501 - patterns are data
"""Rules for dates, clock times and ages over 89, English and numeric.

In: nothing. Out: rules. Source: HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)(C)); curation/vocabulary/patterns.csv; own examples.
"""

import re

from curation.text.recognizers import Rule

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:(?:19|20)\d{2}|'\d{2})"
_ZONE = r"(?:\s?(?:[ECMP][SD]T|UTC|GMT|BST|CET|CEST|AEST|AEDT|ACST|AWST|NZ[SD]T|NDT|NST|SGT|HKT|IST|JST|WAT|EAT|SAST|GST|AST|Z)(?![A-Za-z]))?"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?" + _ZONE
_NOT_POSITION = r"(?!\s?(?:o'?\s?clock|position|方向|方位|点|radial))"

_BREAST = re.compile(r"(?:breast|quadrant|nipple|areola|FN|乳)[^\n]{0,40}$", re.IGNORECASE)


def _away_from_breast(match: re.Match[str]) -> bool:
    """Tell whether no word of the breast stands before: full and half hours are clock positions there."""
    return not _BREAST.search(match.string, max(0, match.start() - 52), match.start())


RULES: tuple[Rule, ...] = (
    Rule(
        "iso_date",
        "DATE",
        r"(?<![\d.])(?:19|20)\d{2}\s?[-/.年]\s?(?:0?[1-9]|1[0-2])\s?[-/.月]\s?(?:3[01]|[12]\d|0?[1-9])\s?[日号]?(?!\d|\.\d)(?:[T\s]{0,3}\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:\.\d+)?Z?)?",
        (
            "on <2024-03-09>.",
            "<2024/3/9>",
            "<2024.03.09>",
            "<2024年3月9日>",
            "<2024-03-09 14:28:25>",
            "<2024-03-09T14:28:25Z>",
        ),
        ("PSV 20.24 cm/s",),
    ),
    Rule(
        "numeric_date",
        "DATE",
        r"(?<![\d./-])(?:0?[1-9]|[12]\d|3[01])(?P<s>[-/.])(?:0?[1-9]|[12]\d|3[01])(?P=s)(?:(?:19|20)?\d{2})(?![\d/-]|\.\d)(?!\s?(?:mm|cm))",
        ("seen <3/9/24> for", "<09.03.2012>", "<25-05-2011>", "<5/25/2011>"),
        ("1.2-3.4", "4/5/6 mm", "segments 5/6"),
    ),
    Rule(
        "ymd_short",
        "DATE",
        r"(?<![\d./-])\d{2}(?P<s>[-/.])(?:0[1-9]|1[0-2])(?P=s)(?:0[1-9]|[12]\d|3[01])(?![\d/-]|\.\d)",
        ("<24-03-09>", "<24/03/09>"),
        ("12-13-45",),
    ),
    Rule(
        "compact_date",
        "DATE",
        r"(?<![\d.])(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)",
        ("<20240309>",),
        ("120240309",),
    ),
    Rule(
        "month_first",
        "DATE",
        rf"(?<![a-z]){_MONTH}\s?[-./]?\s?{_DAY}(?:\s?[-,./]?\s?{_YEAR}|\s?[-/]\d{{2}})?(?!\d|\s?(?:mm|cm|x|%|weeks?|ml|be\b))(?:\s?(?:at\s)?{_CLOCK})?",
        ("on <March 9, 2024>", "<Mar 09 2024>", "<mar 9>", "<May 12>", "<Dec-24-2023>"),
        ("may 12 mm", "marked 3 cysts"),
    ),
    Rule(
        "day_first",
        "DATE",
        rf"(?<![\d.]){_DAY}[-\s./]{{0,3}}(?:of\s)?{_MONTH}(?![a-z])(?:[-\s.,/]{{0,3}}(?:(?:19|20)?\d{{2}}|'\d{{2}})(?!\d|\s?(?:mm|cm|x)))?",
        ("<24-MAY-02>", "<09 Mar 2024>", "<5th of June>", "<9Mar24>"),
        ("grade 3 marked reflux",),
    ),
    Rule(
        "month_year",
        "DATE",
        rf"(?<![a-z]){_MONTH}\s?(?:of\s)?[-,/']?\s?(?:(?:19|20)\d{{2}}|'\d{{2}})(?!\d)",
        ("since <Mar 2024>", "<June of 2023>", "<Sep '23>"),
        ("may 20",),
    ),
    Rule(
        "month_slash_year",
        "DATE",
        r"(?<![\d/.-])(?:0?[1-9]|1[0-2])/(?:19|20)\d{2}(?![\d/])",
        ("in <03/2024>",),
        ("12/20",),
    ),
    Rule(
        "month_day_slash",
        "DATE",
        r"(?:on|from|dated?|since|of|study|exam|scan|us|prior|seen|performed|comparison)\s(?P<v>(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01]))(?![\d/])",
        ("compared with study of <3/9>", "seen on <12/24>"),
        ("upper 1/3 of",),
    ),
    Rule(
        "long_month",
        "DATE",
        r"(?<![A-Za-z])(?:in|since|last|until|of|from|by|this|next)\s(?P<v>(?:January|February|March|April|June|July|August|September|October|November|December)|May(?!\s(?:be|represent|have|also)))(?![a-z])",
        ("since <January>, she",),
        ("it may be",),
        ignore_case=False,
    ),
    Rule(
        "year",
        "DATE",
        r"(?<![A-Za-z])(?:in|since|from|of|year|circa|until|dated?|born)\s(?P<v>(?:19|20)\d{2})(?!\d|\s?(?:mm|cm|ml|g\b|x))",
        ("surgery in <2019>", "since <2020>"),
        ("of 2000 ml",),
    ),
    Rule(
        "weekday",
        "DATE",
        r"(?<![A-Za-z])(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?![a-z])",
        ("seen <Monday>",),
        ("mondayish",),
    ),
    Rule(
        "clock_time",
        "TIME",
        rf"(?<![\d:.])(?<!FN )(?:{_CLOCK}\s?(?:[ap]\.?\s?m\.?|hrs?|hours?)(?![a-z])|(?!(?:0?[1-9]|1[0-2]):[03]0(?!:|\d)){_CLOCK}|(?:0\d|1[3-9]|2[0-3]):[03]0)(?![\d]){_NOT_POSITION}",
        ("at <14:28:25>", "<2:56 PM>", "<09:15>", "<16:30>", "<8:05>"),
        ("10:00 o'clock", "3:30 position", "ratio 2:1"),
    ),
    Rule(
        "clock_round",
        "TIME",
        rf"(?:(?:at|time|signed|called|notified|@|am|pm|hrs|\d{{2,4}})[\s,]{{1,2}})(?P<v>(?:0?[1-9]|1[0-2]):[03]0)(?![\d:]){_NOT_POSITION}(?!\s?,?\s?(?:\d|cm|left|right|breast|FN|N\d|axis|in the))",
        ("signed <10:30>",),
        ("at 10:00 left breast", "breast, at 10:00"),
        valid=_away_from_breast,
    ),
    Rule(
        "hour",
        "TIME",
        r"(?<![\d.])(?:1[0-2]|0?[1-9])\s?(?:a\.?m\.?|p\.?m\.?)(?![a-z])",
        ("at <3 pm>", "<10am>"),
        ("3 mm",),
    ),
    Rule(
        "military_time",
        "TIME",
        r"(?<![\d.])(?:[01]\d|2[0-3])[0-5]\d\s?(?:hrs|hours|h)(?![a-z])",
        ("at <1430 hrs>",),
        ("24 hours",),
    ),
    Rule(
        "old_age",
        "AGE",
        r"(?<![\d.])(?P<v>(?:9\d|1[0-2]\d))\s?[-]?\s?(?:y/?o|yrs?|years?|year[\s-]old|yo|y|岁|周岁)(?![a-z])(?!\s(?:ago|follow))|(?<![A-Za-z])(?:aged?|年龄)\s?[:=]?\s?(?P<w>(?:9\d|1[0-2]\d))(?![\d.]|\s?(?:mm|cm|%))",
        ("a <94>-year-old", "<101>岁", "Age: <92>"),
        ("89-year-old", "90 mm"),
    ),
    Rule(
        "old_age_sex",
        "AGE",
        r"(?<![\d./-])(?P<v>9\d|1[01]\d)\s?/?\s?(?:[MF]|male|female)(?![A-Za-z])|(?:男|女)性?[\s,，/、]{0,3}(?P<w>9\d|1[01]\d)(?![\d.])",
        ("<93>F", "女，<95>"),
        ("45F",),
    ),
    Rule(
        "month_day_cued",
        "DATE",
        r"(?:(?:last|next|this|on)\s(?:mon|tues|wednes|thurs|fri|satur|sun)day|vs\.?|next|since|from|dated|notified|until|prior|exam|study|scan|(?<!\d)\d{1,2}\s?[MF]|[;,])\s(?P<v>(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9]))(?!\d|/|\.\d|\s?(?:mm|cm))",
        ("last Tuesday <12/10> in", "vs <10/8>. Huang", "46F <12/10> —"),
        ("Apgar 8/10",),
    ),
    Rule(
        "year_cued",
        "DATE",
        r"(?:implanted|placed|inserted|since|in|from|repair|surgery|CABG|dated|of|year|circa|~)\s(?P<v>(?:19[3-9]|20[0-4])\d)(?![\d./-]|\s?(?:mm|cm|ml|mIU|g\b|cells))",
        ("implanted <2022>", "CABG <2021> at"),
        ("volume of 2000 ml",),
    ),
    Rule(
        "zoned_time",
        "TIME",
        r"(?<![\d.:])(?:[01]?\d|2[0-3])[:.h]?[0-5]\d\s?(?:[ap]\.?m\.?\s?)?(?:[ECMP][SD]?T|UTC|GMT|BST|CET|CEST|AEST|AEDT|ACST|NZ[SD]T|NDT|SGT|HKT|IST|WAT|EAT|SAST|GST)(?![A-Za-z])|(?<![\d.:])\d{1,2}\s?[ap]\.?m?\.?\s(?:[ECMP][SD]T)(?![A-Za-z])",
        ("at <08:41 EST>", "<0930 SGT>", "<14h20 NDT>", "<10a MDT>"),
        ("10 mm EST",),
        ignore_case=False,
    ),
    Rule(
        "written_time",
        "TIME",
        r"(?:quarter|half|five|ten|twenty)\s(?:past|to)\s(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)|(?<![\d.])(?:1[0-2]|[1-9])(?:[\s.][0-5]\d)?\s?(?:o'clock\s)?[ap]\.?m\.?(?![a-z])|(?<![\d.])(?:0\d|1[0-2])[0-5]\d\s?[ap]m(?![a-z])|(?<![a-z])(?:at|@|called|by|until)\s(?P<v>(?:[01]\d|2[0-3])[0-5]\d)(?=\s?(?:h(?:rs|ours)?\b|[,.;\"”]|$|by\b))|12\snoon|midnight",
        ("at <4 15 pm>", "<0430 PM>", 'DNase at <1800>"', "<3 o'clock pm>"),
        ("1800 ml", "3 o'clock"),
    ),
    Rule(
        "weekday_date",
        "DATE",
        r"(?<![a-z])(?:(?:last|next|this|on)\s)?(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?,?\s(?:the\s)?(?:\d{1,2}(?:st|nd|rd|th)|(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9]))(?![\d/])|(?<![a-z])(?:last|next|this)\s(?:mon|tues|wednes|thurs|fri|satur|sun)day(?!\sthe)",
        ("in <last Thursday the 3rd>", "<Monday the 12th>,", "<Sat 11/11>.", "aware <Thu 8/2>"),
        ("sat 98%", "sun exposure"),
    ),
    Rule(
        "day_of_month",
        "DATE",
        r"(?<![a-z])(?:on|by|of|until|since|from|expected)\s(?P<v>the\s(?:[12]?\d|3[01])(?:st|nd|rd|th)(?:\sof\s[a-z]+)?)(?!\s?(?:percentile|centile|week|rib|toe|finger|metatars|metacarp|digit|ray|portion|ventricle|intercostal|lumbar|cervical|thoracic))|(?P<w>the\s(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty-[a-z]+|thirtieth|thirty-first)\sof\s(?:january|february|march|april|may|june|july|august|september|october|november|december))",
        ("dr moon on <the 28th>", "<the fourteenth of july>"),
        ("of the 5th rib", "on the 3rd toe"),
    ),
    Rule(
        "season_or_month",
        "DATE",
        r"(?<![a-z])(?:spring|summer|autumn|fall|winter)\s(?:of\s)?(?:19|20)\d{2}|(?<![A-Za-z])(?:[Ii]n|[Ss]ince|[Uu]ntil|[Ee]arly|[Ll]ate|[Mm]id|[Ll]ast)[ -](?P<v>January|February|March|April|June|July|August|September|October|November|December)(?![a-z]|\s\d)|(?P<w>(?:january|february|march|april|june|july|august|september|october|november|december)\sof\s(?:last|this|next)\syear)",
        ("US <spring 2023>", "Seen in <June> last", "<march of last year>"),
        ("fall risk",),
        ignore_case=False,
    ),
    Rule(
        "holiday",
        "DATE",
        r"(?i:new\syear'?s\s(?:day|eve)|christmas\s(?:day|eve)|good\sfriday|boxing\sday|thanksgiving(?:\sday)?|easter\s(?:sunday|monday)|labou?r\sday|memorial\sday|independence\sday|anzac\sday|canada\sday)",
        ("on <New Year's Day>", "<CHRISTMAS EVE>"),
        ("day case",),
    ),
    Rule(
        "roman_month",
        "DATE",
        r"(?<![\w.])(?:0?[1-9]|[12]\d|3[01])([ ./-])(?:I{1,3}|IV|VI{0,3}|IX|XI{0,2})\1(?:\d{4}|\d{2})(?!\d)",
        ("U/S <12 II 97>", "<9/IV/2024>"),
        ("2 I 3",),
        ignore_case=False,
    ),
    Rule(
        "month_in_capitals",
        "DATE",
        r"(?:WITH|SINCE|IN|FROM|OF|LAST)\s(?P<v>JANUARY|FEBRUARY|MARCH|APRIL|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER)(?![A-Z]|\s\d)",
        ("COMPARED WITH <NOVEMBER> EXAM",),
        ("MARCH ON",),
        ignore_case=False,
    ),
    Rule(
        "age_in_brackets",
        "AGE",
        r"(?<=\()(?:9\d|10\d)(?=\))|(?<![a-z])age\s?:?\s?(?P<v>9\d|1[0-2]\d)(?!\d)",
        ("Mrs. Vo (<93>)", "age <91>."),
        ("(9)",),
    ),
)

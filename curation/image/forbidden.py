"""What never stays on a frame, whatever else its line says.

Flows in: nothing. Flows out: one pattern over folded text. Source: spec rule 5; patterns.csv (dates, clock times, long
digit runs); six or more digits without point or unit are record numbers.
"""

import re

#: What never stays, whatever else the line says (spec rule 5; patterns.csv): dates, clock times, long digit runs.
FORBIDDEN = re.compile(
    r"(?<!\d)(?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}"
    r"|(?<![\d.])\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2})(?![\d])"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[-\s.,]{0,2}\d{1,2}[-\s.,]{1,2}\d{2,4}"
    r"|\d{1,2}[-\s.]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[-\s.,]{0,2}\d{2,4}"
    r"|(?<![a-z])(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)\.?\s?\d{1,2}(?![\d.])(?!\s?[mc]?m)"
    r"|(?<!\d)\d{1,2}:\d{2}:\d{2}|\d{1,2}:\d{2}\s?[ap]\.?m"
    r"|(?<!\d)(?:[01]?\d|2[0-3])[::][0-5][1-9](?!\d|(?:\.\d{1,2})?\s?(?:[mc]m|ml|m/s|kpa|hz|bpm|%))"  # but D1:23mm
    r"|\d{5,}|\d{2,}-\d{2,}-\d{2,}|月|日|年(?!龄)"
)

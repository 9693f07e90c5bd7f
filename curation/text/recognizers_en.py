# ruff: noqa: E501 - patterns are data
"""Rules for English names, hospitals, addresses and rooms.

In: nothing. Out: rules. Source: HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)(A), (B)); curation/vocabulary/phi_cues.csv; own examples.
"""

from curation.text.recognizers import Rule

_TITLECASE = r"(?:[A-Z]'|Mc|Mac|De|Van |von |de |da |al-|El-)?[A-ZÀ-Þ][a-zß-ɏ]+(?:[-'][A-ZÀ-Þ]?[a-zß-ɏ]+)?"

RULES: tuple[Rule, ...] = (
    Rule(
        "caret_name",
        "NAME",
        r"(?<![A-Za-z])[A-Za-zÀ-ɏ'-]+(?:\^[A-Za-zÀ-ɏ.'-]*){1,4}(?![A-Za-z\d])",
        ("<SMITH^JOHN^A>",),
        ("10^9/L", "cm^2"),
    ),
    Rule(
        "title_name",
        "NAME",
        r"(?<![A-Za-z])(?<!\d\s)(?:[Dd]rs?|DR|[Mm]rs?|MRS?|Ms|MS|[Mm]iss|[Pp]rof(?:essor)?|PROF|[Dd]octor|[Mm]x|[Rr]ev|Nurse|Sister|Sir|Madam)(?:\.\s?|\s)(?P<v>(?:[A-Z]\.?\s?){0,2}[A-Z][A-Za-zÀ-ɏ'-]+(?:\s[A-Z]\.?(?![A-Za-z]))?(?:\s[A-Z][a-zÀ-ɏ'-]+)?)",
        ("Dr. <Wong> agreed", "Mrs <O'Neil-Smith>", "Dr. <J. K. Patel>", "Mr <Long>"),
        ("MR angiography", "ms 45"),
        ignore_case=False,
    ),
    Rule(
        "title_name_small",
        "NAME",
        r"(?<![a-z])(?:dr|mrs|mr|prof)\.?\s(?P<v>(?!(?:of|is|was|the|and|to|jet|severity|grade|vmax|max|angio|imaging|mri|ct|venography|regurgitation|mild|moderate|severe|trace|on|in|at|for|will|who|has|notified|aware|informed|vc|ero|pht)\b)[a-z][a-z'-]+)(?!\s?(?:cm|=))",
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
        r"(?:(?<=\n)|^|(?<=\s))(?P<v>[A-Z]{2,4}\s?[/:]\s?[a-z]{2,4})(?=\s*(?:$|\n|\d|[DT]:))|(?:(?<=[\n\s])|^)(?i:initials|tech|sono|rad|by|typed|trans)\s?[:/]?\s?(?P<w>(?!(?:CT|US|MR|MRI|PET|TEE|TTE|EUS|IV|VC|LMP|XR|CRL|MSD|EFW|BP|DU|CDU|TV|TA|TVS|PW|CW|FNA|AP|GA|HC|BPD|AC|FL)(?![A-Z]))[A-Z]{2,3})(?=\s*(?:$|[\n.,;/]))",
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
        "hospital",
        "HOSPITAL",
        r"(?<![A-Za-z])(?!(?:at|for|the|of|and|from|in|In|At|From|The)\s)(?:(?:[A-Z][A-Za-z.'-]*|of|the|and|&|at|for|de|del|la|St\.?)\s){1,7}(?:Hospitals?|HOSPITALS?|(?:Medical|MEDICAL|Health|HEALTH|Imaging|IMAGING|Cancer|Heart|Diagnostic|DIAGNOSTIC|Surgical|Women's|Breast|Vascular|Healthcare)\s(?:Cent(?:er|re)|CENT(?:ER|RE)|Group|GROUP|System|SYSTEM|Clinic|Institute|Associates|ASSOCIATES|Partners|Network|Services|Trust)|Med\sC(?:tr|enter)|Clinics?|CLINICS?|Infirmary|Polyclinic|Healthcare|Sanatorium|University|UNIVERSITY|Institute|INSTITUTE|College|Radiology|RADIOLOGY(?=\s[A-Z]+S\b)|NHS\s(?:Foundation\s)?Trust)(?:\s(?:of|at|for|-)\s(?:[A-Z][A-Za-z.'-]*\s?){1,4})?(?![a-z])|(?:University|Hospital|Institute|Clinic|College)\s(?:of|for)\s(?:the\s)?[A-Z][A-Za-z.'-]+(?:\s[A-Z][A-Za-z.'-]+){0,3}",
        ("<St. Mary's Regional Medical Center>", "at <Mercy General Hospital>", "<University Hospital of Leeds>"),
        ("the liver",),
        ignore_case=False,
    ),
    Rule(
        "hospital_small",
        "HOSPITAL",
        r"(?<![a-z])(?:(?!(?:the|a|an|in|at|from|to|of|this|our|outside|another|prior|her|his|local|referring|for|and|by|was|is|since|during|present|on|with)\b)[a-z][a-z.'-]*\s){1,4}(?:(?:general\s|regional\s|memorial\s|community\s|county\s|children's\s)?hospital|medical\scent(?:er|re)|med\sc(?:tr|enter)|health\scent(?:er|re)|imaging\scent(?:er|re)|infirmary|university)(?![a-z])",
        ("<mercy general hospital>", "seen at <lakeside medical center>"),
        ("in the hospital",),
    ),
    Rule(
        "saint",
        "HOSPITAL",
        r"(?<![A-Za-z])(?:St|Saint|ST)\.?\s[A-Z][A-Za-z]+(?:'s|'S)?(?![a-z])",
        ("at <St. Luke's>",),
        ("ST elevation", "1st Left"),
        ignore_case=False,
    ),
    Rule(
        "street",
        "ADDRESS",
        r"(?<![\d.])\d{1,6}[A-Za-z]?\s(?:(?:N|S|E|W|North|South|East|West)\.?\s)?(?:[A-Z][A-Za-z.'-]*\s){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Way|Place|Parkway|Pkwy|Highway|Hwy|Terrace|Square|Crescent|Close|STREET|ST|AVENUE|AVE|ROAD|RD|BLVD|DRIVE|LANE)(?![A-Za-z])\.?(?:,?\s?(?:Apt|Suite|Ste|Unit|#|Fl(?:oor)?)\.?\s?#?\w{1,6})?(?:,\s?[A-Z][A-Za-z .'-]{2,30})?(?:,?\s[A-Z]{2}\s?\d{5}(?:-\d{4})?)?",
        ("at <12 Oak Hill Road, Springfield>", "<1450 N Main St, Apt 4>"),
        ("2 cysts in the left",),
        ignore_case=False,
    ),
    Rule(
        "street_small",
        "ADDRESS",
        r"(?<![\d.])\d{1,6}[a-z]?\s(?:[a-z][a-z.'-]*\s){1,2}(?:street|avenue|road|boulevard|blvd|drive|lane|ave|rd)(?![a-z])",
        ("<12 oak street>",),
        ("2 cysts in the left",),
        ignore_case=False,
    ),
    Rule(
        "city_state_zip",
        "ADDRESS",
        r"(?:[A-Z][A-Za-z.'-]+\s?){1,3},?\s[A-Z]{2}\.?\s\d{5}(?:-\d{4})?(?!\d)",
        ("<Springfield, IL 62704>",),
        ("RI 12",),
        ignore_case=False,
    ),
    Rule(
        "uk_postcode",
        "ADDRESS",
        r"(?<![A-Z0-9])[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}(?![A-Z0-9])",
        ("<LS1 3EX>",),
        ("S1 3mm",),
        ignore_case=False,
    ),
    Rule("po_box", "ADDRESS", r"p\.?\s?o\.?\sbox\s\d+", ("<P.O. Box 123>",), ("pox 12",)),
    Rule(
        "room",
        "ROOM",
        r"(?<![a-z])(?:room|rm|bed|ward|bay|suite|ste|unit|floor|fl|pod)\s?[:#]?\s?(?P<v>[A-Z]?-?\d{1,4}[A-Z]?(?:-[A-Z0-9]{1,3})?)(?![\d.]|\s?(?:mm|cm|ml|IU))",
        ("room <412>", "bed <3B>", "ward <7>"),
        ("bedside 3 views",),
    ),
    Rule(
        "initials_dots",
        "NAME",
        r"(?i:patient|pt|by|name|dr\.?|mr\.?|mrs\.?|ms\.?)\s?[:]?\s(?P<v>(?:[A-Z]\.\s?){1,3}(?:[A-Z][a-zÀ-ɏ]+)?)(?![A-Za-z])",
        ("Patient <J.S.> was", "by <A. B. Roe>"),
        ("grade A.",),
        ignore_case=False,
    ),
)

# ruff: noqa: E501 - patterns are data
"""Rules for places in English: hospitals, departments, companies, addresses, rooms.

In: nothing. Out: rules. Source: HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)(B)); curation/vocabulary/phi_cues.csv; own examples.
"""

import re

from curation.text.recognizers import Rule


#: Specialties as departments are called by, alone and as the first words of a department's name.
def _no_measurement(match: re.Match[str]) -> bool:
    """Tell whether POD is no day after an operation and FL no femur length: both stand for places behind others only."""
    before = match.string[: match.start()].rstrip()
    return not match.group().startswith(("POD", "FL ")) or before.endswith(("ICU", ","))


_WAYS = re.compile(
    r"\b(?:ultrasound|doppler|duplex|colou?r|contrast|prior|repeat|mr|ct|strain|harmonic|further|diagnostic)\s", re.I
)


def _names_a_place(match: re.Match[str]) -> bool:
    """Tell whether what stands before "imaging" is no way of imaging."""
    return not _WAYS.search(match["v"])


_SPECIALTY_ALONE = (
    r"(?i:(?:diagnostic |medical |breast |body |women's )imaging|(?:diagnostic )?radiology|(?:medical |clinical |radiation )?oncology|nephrology|"
    r"gastroenterology|hepatology|cardiology|(?:cardiothoracic|general|vascular|orthop(?:a)?edic|thoracic|plastic|transplant|breast|paediatric|pediatric) surgery|"
    r"orthop(?:a)?edics|urology|neurology|neurosurgery|p(?:a)?ediatrics|neonatology|endocrinology|rheumatology|dermatology|pulmonology|"
    r"(?:family|internal|emergency|maternal[- ]fetal|fetal|sports|vascular|intensive care) medicine|obstetrics|gyn(?:a)?ecology|labor and delivery|"
    r"emergency department|antenatal clinic|stroke unit|day surgery|(?:emergency|general|vascular) ultrasound|fetal assessment|ultrasound medicine|prenatal diagnosis cent(?:er|re)|international(?: medical)? department|dept\.? of [a-z]+|department of [a-z]+)"
)
_SPECIALTY = (
    rf"{_SPECIALTY_ALONE}|(?:Non-Invasive|Noninvasive|NON-INVASIVE|Ultrasound|ULTRASOUND|Sonography|Imaging|IMAGING|Vascular|VASCULAR|VASC|Vasc|Echo|ECHO|"
    r"Echocardiography|Cardiac|Stroke|STROKE|Dialysis|DIALYSIS|Transplant|Emergency|EMERGENCY|Fetal|Maternity|Early Pregnancy|Breast|Renal|Liver|"
    r"Thyroid|Surgical|Medical|Medicine|Surgery|Acute|Assessment|Intensive Care|Coronary Care|Delivery|Antenatal|Fertility|Pain|Radiology|RADIOLOGY|"
    r"Gynecology|Gynaecology|Oncology|Non Invasive|Physiology|Outpatient)"
)

RULES: tuple[Rule, ...] = (
    Rule(
        "hospital",
        "HOSPITAL",
        r"(?<![A-Za-z])(?!(?:at|for|the|of|and|from|in|In|At|From)\s)(?:(?:[A-Z][A-Za-z.'-]*|of|the|and|&|at|for|de|del|la|St\.?)\s){1,7}(?:Hospitals?|HOSPITALS?|(?:Medical|MEDICAL|Health|HEALTH|Imaging|IMAGING|Cancer|Heart|Diagnostic|DIAGNOSTIC|Surgical|Women's|Breast|Vascular|Healthcare)\s(?:Cent(?:er|re)|CENT(?:ER|RE)|Group|GROUP|System|SYSTEM|Clinic|Institute|Associates|ASSOCIATES|Partners|Network|Services|Trust)|Med\sC(?:tr|enter)|Clinics?|CLINICS?|Infirmary|Polyclinic|Healthcare|Sanatorium|University|UNIVERSITY|Institute|INSTITUTE|College|Radiology|RADIOLOGY(?=\s[A-Z]+S\b)|NHS\s(?:Foundation\s)?Trust)(?:\s(?:of|at|for|-)\s(?:[A-Z][A-Za-z.'-]*\s?){1,4})?(?![A-Za-z])|(?:University|Hospital|Institute|Clinic|College)\s(?:of|for)\s(?:the\s)?[A-Z][A-Za-z.'-]+(?:\s[A-Z][A-Za-z.'-]+){0,3}",
        ("<St. Mary's Regional Medical Center>", "at <Mercy General Hospital>", "<University Hospital of Leeds>"),
        ("the liver",),
        ignore_case=False,
    ),
    Rule(
        "hospital_small",
        "HOSPITAL",
        r"(?<![a-z])(?:(?!(?:the|a|an|in|at|from|to|of|this|our|outside|another|prior|her|his|local|referring|for|and|by|was|is|since|during|present|on|with)\b)(?:st\.|[a-z][a-z'-]*)\s){1,4}(?:(?:general\s|regional\s|memorial\s|community\s|county\s|children's\s)?hospital|medical\scent(?:er|re)|med\sc(?:tr|enter)|health\scent(?:er|re)|imaging\scent(?:er|re)|infirmary|university)(?![a-z])",
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
    Rule(
        "po_box",
        "ADDRESS",
        r"p\.?\s?o\.?\sbox\s\d+(?:,\s[a-z]+(?:\s[a-z]+)?)?",
        ("<P.O. Box 123>", "<P.O. Box 47182, Mirbat Heights>"),
        ("pox 12",),
    ),
    Rule(
        "room",
        "ROOM",
        r"(?<![a-z])(?:room|rm|bed|ward|bay|suite|ste|unit|floor|fl|pod)\s?[:#]?\s?(?P<v>[A-Z]?-?\d{1,4}[A-Z]?(?:-[A-Z0-9]{1,3})?)(?![A-Za-z\d]|\.\d|\s?(?:mm|cm|ml|IU))",
        ("room <412>", "bed <3B>", "ward <7>"),
        ("bedside 3 views", "POD 3", "FL 71"),
        valid=_no_measurement,
    ),
    Rule(
        "place_in_ward",
        "ROOM",
        r"(?<![A-Za-z])(?:bed|bay|cot|cubicle|chair|cell|room|rm|resus|isolette|bassinet|stall|location|loc)[:;#]?\s{0,2}[:#]?\s?(?P<v>(?:[A-Z]{1,2}-?\d{1,4}|\d{1,3}[A-Z]{1,2}-?\d{0,4}|\d{1,3}-\d{1,4})[A-Z]?)(?![A-Za-z\d]|\.\d|\s?(?:mm|cm|ml))|(?<=[,-]\s)(?P<w>(?:Bed|Bay|Cot)\s[A-Z]?\d{1,3})(?![\d.])",
        ("cubicle <2A36>", "cot <B5>", "Location: <6W-14>", "Willow Ward, <Bed 38>", "room;<4B37>"),
        ("location 3 cm", "bed rest"),
    ),
    Rule(
        "department_of",
        "HOSPITAL",
        r"(?<![A-Za-z])(?:Department|Dept\.?|Section|Division|DEPARTMENT|SECTION|DIVISION)\s(?:of|OF)\s(?:(?:[A-Z][A-Za-z-]+|and|AND|&)(?:\s(?=[A-Z&a]))?){1,4}(?<!and)(?<!AND)",
        ("<Department of Radiology>", "<Section of Body Imaging>", "<Dept. of Diagnostic Ultrasound>"),
        ("section of bowel",),
        ignore_case=False,
    ),
    Rule(
        "department",
        "HOSPITAL",
        rf"(?<![A-Za-z-])(?:(?:{_SPECIALTY})(?:[\s/&-]|\sand\s)?){{1,3}}(?:\s?(?:Department|Dept|Laboratory|Laboratories|Lab|Outpatients?|Unit|Clinic|Suite|Section|Division|Service|Ward|Directorate|Room)s?)(?![A-Za-z])",
        ("<Ultrasound Department>", "<Non-Invasive Vascular Lab>", "to <Stroke Unit>", "<Gynecology Outpatients>"),
        ("vascular unit of",),
        ignore_case=False,
    ),
    Rule(
        "department_capitals",
        "HOSPITAL",
        r"(?<![A-Za-z])(?:(?!AND|OR|THE|OF|FOR|CLINICAL|THIS|FROM|ATTENDED)[A-Z-]{3,}\s){1,3}(?:DEPARTMENT|DEPT|LABORATORY|LAB|UNIT|CLINIC|WARD|SUITE|OUTPATIENTS)(?![A-Za-z])",
        ("<VASCULAR LABORATORY>", "<ANTENATAL DAY UNIT> St"),
        ("HOUNSFIELD UNITS", "CLINICAL AND LABORATORY"),
        ignore_case=False,
    ),
    Rule(
        "department_named",
        "HOSPITAL",
        r"(?:(?<=,\s)|(?<=from\s)|(?<=in\s)|(?<=via\s)|(?<=to\s)|(?<=>\s)|(?<=\s{2})|(?<=\.))(?:ED|A&E|SAU|MAU|AMU|EPU|PACU|L&D|EPAU|CDU)(?![A-Za-z])|(?:[A-Z][a-z]+\s){1,2}(?:Intensive\sCare|Assessment|Day|High\sDependency)\sUnit|(?:POCUS\sService|Perinatal\sCent(?:er|re)|Surgical\sAdmissions|Student\sHealth|Healthcare\sWing|Medical\sRecords|(?:Gyn(?:ae)?|Orthop(?:a)?edic|Fracture|Breast|Surgical|Medical)\sOutpatients?|Endocrine\sSurgery|Day\sSurgery|Outpatients\sSuite\s[A-Z]|Cath\sLab(?:\s\d)?|Stepdown(?:\s\d\s[A-Z][a-z]+)?|US\sRoom\s\d{1,2}|Ward\s\d{1,2}[A-Z]?|(?<=,\s)\d\s(?:North|South|East|West)|[A-Z][a-z]+\sWard)(?![A-Za-z])",
        ("Hospital, <ED>", "<Neonatal Intensive Care Unit>", "from <Ward 7B>;"),
        ("units",),
        ignore_case=False,
    ),
    Rule(
        "facility_lower",
        "HOSPITAL",
        r"(?<![a-z])(?:at|from|@)\s(?P<v>(?!the|left|right|lung|heart|its)(?:[a-z'-]+\s){1,2}(?:memorial|base|regional|general\shosp))(?![a-z])",
        ("at <holloway memorial>. thx",),
        ("at the base",),
    ),
    Rule(
        "short_hospital",
        "HOSPITAL",
        r"(?:at|from|via|cc|copy to|under|ransferred from|Lab,|Imaging,|Ultrasound,)\s(?P<v>(?!CT|MR|PET|US|IC|NIC|PIC|CCU|OR|OP|LMP|EDD|EDC|MD|RN|GP|ED|AM|PM|IV|UTI|DVT|ASAP|FNA|RFA|TIPS|EVAR)[A-Z]{3,5})(?=[\s.,;)]*(?:$|\n|overnight|Subject|team|;|\.))|(?:^|(?<=\n))(?P<w>(?!US\b|ECHO|NOTE|CC\b|FAX|STAT)[A-Z]{3,5})(?=\s/\s|\n(?:Early|Radiology|Department|Vascular))",
        ("transferred from <QEH> overnight", "copy to <UCMC>;"),
        ("seen at CT.",),
        ignore_case=False,
    ),
    Rule(
        "indian_address",
        "ADDRESS",
        r"(?<![a-z])no\.?\s?\d{1,4},\s(?:[\w.]+\s?){1,4},\s(?:(?:[a-z]+\s){1,3}?[a-z]+,\s)?[a-z]+\s\d{6}(?!\d)",
        ("at <No. 13, Anna Salai, Pune 411001>", "<NO. 47, MG ROAD, BENGALURU 560011>"),
        ("no. 4, 5 cm",),
    ),
    Rule(
        "company",
        "HOSPITAL",
        r"(?<![A-Za-z])(?:[A-Z][\w&'-]*,?\s){1,4}(?:LLC|PLLC|LLP|Inc|Ltd|GmbH|Pty)\.?(?![A-Za-z])|(?<=,\s)[A-Z][a-z]+\sSurgery(?=[,.])",
        ("<NightHarbor Teleradiology LLC>", "Feeney, <Abbeyside Surgery>, Main"),
        ("Vascular Surgery follow",),
        ignore_case=False,
    ),
    Rule(
        "department_called",
        "HOSPITAL",
        rf"(?:\b(?:with|in|to|by|from|at|under|per|via|dept|service:?|OR|WITH|TO|IN|BY|FROM)\s|;\s|MD,\s|consult:\s|Consult:\s|→\s|\|\s|,\s|\(|-\s|[Dd]ept:?\s)(?P<v>(?:{_SPECIALTY_ALONE})(?:\s(?:and|&)\s(?:{_SPECIALTY_ALONE}))?)(?=[\s.,;:()]|$)",
        (
            "discussed with <Oncology>.",
            "called to <GASTROENTEROLOGY>,",
            "(<General Surgery>, ext",
            "seen in <Family Medicine>,",
        ),
        ("cardiology is",),
        ignore_case=False,
    ),
    Rule(
        "department_line",
        "HOSPITAL",
        rf"(?:^|(?<=Hospital\s)|(?<=Group\s)|(?<=Clinic\s)|(?<=Centre\s)|(?<=Center\s)|(?<=Practice\s)|(?<=Trust\s)|(?<=Dept\s)|(?<=[–-]\s)|(?<=[|/]\s))[ ]*(?P<v>{_SPECIALTY_ALONE})\s*(?=$|\n|\s{{2}}|\s?[|/])|(?<=[\u4e00-\u9fff]\s)(?P<w>International(?:\sMedical)?\sDepartment)",
        ("<Diagnostic Imaging>", "<Maternal Fetal Medicine>"),
        ("Imaging shows",),
        ignore_case=False,
    ),
    Rule(
        "facility",
        "HOSPITAL",
        r"(?<![A-Za-z])(?!(?:The\s)?(?:Prior|General|Vascular|Cardiac|Breast|Further|Her|His|Doppler|Tissue|Harmonic|Strain|Colou?r|Magnetic|Contrast|Gr[ae]y|Shear|Follow|Dedicated|Repeat|Additional|Diagnostic|Advanced)\s)(?:[A-Z][A-Za-z'-]+\s(?:of\s)?){1,4}(?:Urgent\sCare|Family\sPractice|Family\sMedicine\sCent(?:er|re)|Practice|(?:Street|Road|Lane|Park|House|Hill|Mill|Lindens|Oaks|Green|Health|Oaktree|Forge)\sSurgery|Nursing\sHome|Care\sHome|Care\sCent(?:er|re)|Rest\sHome|Assisted\sLiving|Hospice|Preschool|Nursery|Kindergarten|Academy|(?:High|Primary|Elementary|Middle|Secondary)\sSchool|Radiology(?:\sAssociates)?|(?:Diagnostic|Community|Medical)\sImaging|Imaging(?:\s&\s(?:Path\sLab|Diagnostics))?|Scans\s&\sDiagnostics|SCANS\s&\sDIAGNOSTICS|Medical\sGroup|(?:Imaging\s&\s)?Diagnostics|Surgicentre|Health\sPartners|Regional|Hosp|HOSP|Dispensary|Maternity\sHome|Detention\sCent(?:er|re)|Correctional\s[A-Z][a-z]+|Billing\sServices|Travel\sAssist|Scans|Health\sPlaza|Medical(?=\s*[,.;]|\s\d)|Point-of-Care|Memorial(?=[\s|]*(?:[|,.;]|$))|Base(?=\s*(?:[.,;]|$))|Elementary|Imaging\s&\sPath\sLab|Women's\sImaging|Women's\sUltrasound|Reads(?=\s*$)|General(?=\s(?:to|ED|in|on|for|with|ICU)|[.;,]|$)|United(?=\s|$)|Mobile(?=[\s|;,])|(?:Pediatric\s|Paediatric\s)?Associates|Health(?=[\s]*(?:[,.;(]|$))|Radiology\sP\.C\.|Vascular\sLab|Fertility|Sports\sMedicine|Birth(?:ing)?\sCent(?:er|re)|Health\sPlan|ICB|(?:Mutual\s)?Insurance|Solicitors|Trust|OB/GYN\sGroup|Fire\sDept|&\sPartners|Scans\s&\sDiagnostics|Partners\sof\s[A-Z][a-z]+|Children's|Private)(?:\sof\s(?:[A-Z][a-z]+\s?){1,3})?(?![a-z])|(?:Cl[ií]nica|Hospital(?!\s(?:No|Number|Num|ID|Ref|MRN|Name|Record|Bed|Ward|Course|Day|Of|For))|H[oô]pital|Ospedale|Klinikum|Sanatorio|Centro\sM[eé]dico)\s(?:(?:de|del|la|le|du|des|R[eé]gional)\s)*(?:[A-Z][A-Za-zÀ-ɏ'-]+\s?){1,3}",
        (
            "at <Juniper Ridge Urgent Care>",
            "<Holbeck Street Surgery>",
            "<Clínica Santa Brisa>",
            "vs. <Tarrow High School>",
        ),
        ("Doppler Imaging", "Prior Surgery"),
        ignore_case=False,
    ),
    Rule(
        "facility_small",
        "HOSPITAL",
        r"(?<![a-z])(?:prior at|seen at|exam at|done at|study at|from)\s(?P<v>(?:[a-z'-]+\s){1,3}(?:urgent\scare|family\spractice|nursing\shome|care\shome|assisted\sliving|imaging))(?![a-z])",
        ("prior at <juniper ridge urgent care> 2022",),
        ("from repeat images", "from ultrasound imaging"),
        valid=_names_a_place,
    ),
    Rule(
        "street_more",
        "ADDRESS",
        r"(?<![\d.])\d{1,6}\s(?:[NSEW]\.?\s)?(?:(?:[A-Z][A-Za-z.'-]*\s){1,3}(?:Plaza|Circle|Cir|Park|Ct|Court|Loop|Trail|Row|Walk|Mews|Gardens|Crescent|Grove|Hill|View|Heights|Pl)|\d{1,3}(?:st|nd|rd|th)\s(?:St|Street|Ave|Avenue|Rd|Road))(?![A-Za-z])\.?(?:,?\s?(?:Apt|Suite|Ste|Unit|#)\.?\s?#?\w{1,6})?(?:,\s?[A-Z][A-Za-z .'-]{2,30})?(?:,?\s[A-Z]{2}\s?\d{5}(?:-\d{4})?)?",
        ("<234 Medical Plaza, Salt Prairie, NM 87099>", "<2236 W 14th St, Tarrow, MN 55199>"),
        ("2 cysts in the left",),
        ignore_case=False,
    ),
    Rule(
        "unit_address",
        "ADDRESS",
        r"(?<![A-Za-z])(?:Flat|Unit|Suite|Shop|Lot|Apt\.?|House)\s[\w/-]{1,6},\s(?:\d{1,6}[A-Za-z]?\s)?(?:[A-Z0-9][\w'.-]*,?\s?){1,6}(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}|[A-Z]{2,3}\s\d{4,5})?|(?:RR|HC)\s\d{1,3}\sBox\s\d{1,5}(?:,\s(?:[A-Z][a-z]+\s?){1,3},?\s[A-Z]{2}(?:\s\d{5})?)?",
        ("at <Flat 2/1, 48 Kelpie Wynd, Dunmarnock DM4 7QT>", "<RR 2 Box 118, Bitter Creek, WY 82929>"),
        ("Unit of blood",),
        ignore_case=False,
    ),
    Rule(
        "street_world",
        "ADDRESS",
        r"(?<![\d.])\d{1,5}[A-Za-z]?(?:/\d{1,4})?,?\s(?:[A-Z][A-Za-z'.-]*\s){1,4}(?:Wynd|Rise|Quay|Parade|Esplanade|Marg|Nagar|Colony|Enclave|Brae|Mount|Vale|Strand|Bypass|Chowk|Jalan|Street|Road|Rd|St|Lane|Avenue)(?![a-z])(?:,?\s(?:[A-Z][a-z]+\s?){1,3}(?:[A-Z]{2,3}\s\d{4,6}|\d{4,6})?)?",
        ("at <52 Coldwater Creek Road, Harlan>", "<14/2 Nehru Nagar>"),
        ("3 mild rises",),
        ignore_case=False,
    ),
    Rule(
        "city_state",
        "ADDRESS",
        r"(?<![A-Za-z])(?:[A-Z][a-z]+\s){0,2}[A-Z][a-z]+,\s(?:AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|IL|IN|IA|KS|KY|LA|ME|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|NSW|VIC|QLD|WA|TAS|ON|BC|AB|QC|NL|NS)(?=[\s.,;)]|$)(?!,?\s(?:MD|RDMS|RN))",
        ("from <Two Harbors, MN>.",),
        ("Smith, RDMS",),
        ignore_case=False,
    ),
)

# ruff: noqa: E501 - the grammar is data: one rule, one line
"""Default deny for numbers: every digit run goes unless the clinical grammar proves it.

In: folded text. Out: protected spans, and weak spans for every digit run outside them.
Source: units and labels of curation/vocabulary; grades of ACR RADS, Bosniak, Graf, Adler; clock positions; HIPAA (ages over 89).
"""

import re
from functools import cache

from curation.text.folding import HTML_TAGS, RTF_WORDS
from curation.text.lexicon import labels
from curation.text.sieve import Sieve
from curation.text.spans import Span, Strength, uncovered
from curation.text.words_en import is_misread_word
from curation.tries import letters, one_of

_NUM = r"(?<![\d/-])(?<!\d[.,:])(?<![A-Za-z]-)[<>≤≥~≈约±+-]{0,2}\s?\d{1,4}(?:[.,]\d{1,3})?(?![\d])"
_N = r"\d{1,4}(?:[.,]\d{1,3})?"
_N3 = r"\d{1,3}(?:\.\d{1,2})?"
_SEP = r"\s*(?:->|→|\||乘|x|X|\*|-|~|～|/|\+|±|to|and|or|by|至|到|和|与|及|或|、|，|,|;|；)\s*"
_UNIT = (
    r"(?:mm/s|[uµμ]m|cm/s2?|cm/sec|m/s²?|m/sec|mm[²2³3]|cm\^?[²2³3]|mm\^[23]|mmHg|mmol/L|[uµμ]mol/L|mm|cms?|cc|ml/min|ml/s|ml/m²|mls?|dl|"
    r"g/m²|g/L|kg/m²|kg|lbs?|oz|kPa|kHz|MHz|Hz|dB(?:/cm/MHz|/m)?|bpm|fps|msec|ms|secs?|mins?|"
    r"m²|㎡|㎜|㎝|㎝²|㎝³|㎖|m|g|l|s|%|％|°|℃|deg(?:rees?)?|"
    r"mIU/ml|mIU/L|[uµμ]IU/ml|IU/ml|IU/L|pmol/L|nmol/L|mg/dL|mg/L|mg|[uµμ]g|mcg|mGy|MoM|mrn|rnm|crn|cmH2O|yo|IU|U/L|U/ml|ng/ml|pg/ml|ug/L|ug/ml|10\^9/L|fr(?:ench)?|gauge|inch(?:es)?|"
    r"millimet(?:er|re)s?|centimet(?:er|re)s?|millilit(?:er|re)s?|percent|per\s?cent|beats|"
    r"(?:weeks?|wks?|days?|months?|mos?|years?|yrs?|hours?|hrs?|minutes?|seconds?|w|d|h)(?:\s?\d\s?(?:days?|d))?)(?![A-Za-z])"
    r"|毫米|厘米|公分|平方厘米|立方厘米|毫升|升|毫克|微克|克|千克|公斤|斤|毫米汞柱|千帕|兆赫|分贝|度|倍|"
    r"次/分钟?|次／分|次每分|bpm|周\+\d天?|周\+|周|天|个多?月|月余|月龄|小时|分钟|秒|年余|余年|多年|"
    r"(?:个|枚|处|支|条|只|颗|粒|胎|次|组|层|根|片|例|段|叶|级|类|型|期|区|孔|产|孕|腔|分)(?![年月日])"
)
_NOUN = (
    r"(?:nodules?|cysts?|stones?|calculi|calculus|mass(?:es)?|lesions?|foci|focus|follicles?|fibroids?|gallstones?|vessels?|images?|"
    r"views?|fetus(?:es)?|gestations?|quadrants?|nodes?|polyps?|aneurysms?|cords?|leaflets?|chambers?|cusps?|septa|septations?|lobes?|"
    r"segments?|kidneys?|ovar(?:y|ies)|embryos?|sacs?|myomas?|passes|cores?|samples?|readings?|attempts?|times|fold|sided|plaques?|"
    r"valves?|veins?|arter(?:y|ies)|stents?|loops?|pockets?|collections?|areas?|sites?|regions?|grades?|out of|points?|"
    r"cm|mm|vessel|view|chamber|dimensional|limb|limbs|digits?|tendons?|breasts?|lymph|subjects?|patients?|cases?|pregnanc(?:y|ies)|deliver(?:y|ies)|th|arrows?)"
)
#: What keys of records are built of; any other glued capitals may be a name.
_RECORD = (
    r"(?:Patient|Pat|Study|Series|Exam|Report|Audit|See|Find|Findings?|Diag|Diagnosis|Hospital|Hos|Ref|Order|Req|Dept|Desc|Description|"
    r"Name|Doctor|Doc|Physician|Date|Time|No|Id|UID|Sex|Age|Type|Result|Text|Status|Code|Body|Part|Modality|Institution|Department|Birth)"
)
_AGE = r"(?:[1-9]|[1-8]\d)"
_LETTERED = r"(?<![A-Za-z0-9])"

#: name -> regex over folded text (case-insensitive). Every one is a proof, so each needs more than a digit.
GRAMMAR: dict[str, str] = {
    "value_unit": rf"{_NUM}(?:\s?(?:{_UNIT})?{_SEP}{_N}){{0,4}}\s?[-]?(?:{_UNIT})",
    "units_of_activity": r"(?<![A-Za-z0-9-])\d{2,5}\s?(?:U|IU|单位)(?![A-Za-z/])",
    "unit_power": r"\d{1,4}(?:\.\d+)?\s?x\s?10\^?\d{1,2}/L",
    "dimensions": rf"{_NUM}(?:\s?(?:mm|cm))?(?:\s?[x*乘]\s?[lIO]?{_N}(?:\s?(?:mm|cm))?){{1,3}}(?!\d)",
    "bracket_unit": rf"[(（]\s?(?:mm|cm|ml|cm/s|m/s|cm²|cm2|%|kpa|bpm|g|厘米|毫米)\s?[)）]\s?[:=]?\s?{_N}(?:{_SEP}{_N}){{0,3}}",
    "rads": r"(?:(?:BI|TI|O|LI|LU|CAD|PI|EU|ACR|C|K|US|CEUS)[- ]?(?:TI)?[- ]?)?RADS(?:\s?(?:category|cat\.?|class|score|分级|分类|等级|评分|grade|\s|为|考虑|:|-))?"
    r"\s?[:(]?\s?(?:US[- ]?)?[0-6][A-Ca-c]?(?:\s?[-~/或(]\s?[0-6][A-Ca-c]?\)?)?(?:类|级)?",
    "rads_short": rf"{_LETTERED}(?:TR|LR|US|U|R|B|C|M|BR|VIS)-?[0-6][A-Ca-cM]?(?![\dA-Za-z-])",
    "grade": r"(?:grade|gr\.?|stage|class|type|level|category|cat\.?|bosniak|graf|adler|score|scale|degree|nyha|zone|phase|mode|case|patient|subject|duct|days?|lead|tape|layer|lobe|cyst|mass|stent|track|view)"
    r"\s?[:=]?\s?\d{1,2}(?:\.\d)?[A-Da-d]?(?:\s?(?:-|/|to|or)\s?\d{1,2}[A-Da-d]?)?(?!\d|[/-]\d)",
    "grade_zh": r"(?<!\d)\d{1,2}[A-Ca-c]?(?:\s?[-~～至到或、]\s?\d{1,2}[A-Ca-c]?)?\s?(?:级|类|型|期|度|区|段|分型)(?!\d)",
    "scored_zh": r"(?:分级|评分|分型|分期|分类|Adler|Graf|成熟度)\s?[:为约]?\s?\d{1,2}(?:\s?[-~]\s?\d{1,2})?(?:级|分|型|度)?(?!\d)",
    "oclock": r"(?<!\d)(?:1[0-2]|0?[1-9])(?::[03]0)?(?:\s?(?:-|to|and|,|~|/)\s?(?:1[0-2]|0?[1-9])(?::[03]0)?)?\s?o'?\s?clock",
    "clock_position": r"(?<![\d:])(?:1[0-2]|0?[1-9])(?::[03]0)?\s?(?:position|posn|方向|方位|点位|时方向|时位|radial)",
    "clock_breast": r"(?:breast|quadrant|nipple|areolar?|乳腺?|乳头|FN)[^\n\d]{0,24}(?:1[0-2]|0?[1-9]):[03]0(?!\d)|(?<![A-Za-z])(?:left|right|lt|rt|L|R)\s(?:1[0-2]|[1-9]):[03]0(?=[\s,]{1,2}(?:\d|duct|cyst|mass|nodule|axis|pos|[a-z]+\s?cm))",
    "oclock_zh": r"(?<![\d午上晚早晨:])(?:1[0-2]|0?[1-9])(?:\s?[-~～至到、及]\s?(?:1[0-2]|0?[1-9])点?)?\s?点半?(?:钟)?(?!\d|分)",
    "ga": r"(?<![\d/-])(?:[1-9]|[1-3]\d|4[0-5])\s?(?:w(?:eeks?|ks?)?|周)\s?[,+]?\s?(?:and\s?)?(?:[0-6](?:/7)?\s?(?:d(?:ays?)?|天)?)?(?![\dA-Za-z])",
    "ga_plus": r"(?<![\d/.:+-])(?:[4-9]|[1-3]\d|4[0-2])\s?\+\s?[0-6]\s?(?:周|w(?:eeks?|ks?)?|d(?:ays)?)?(?![\dA-Za-z])",
    "gravida": r"(?<![A-Za-z])G\s?\d{1,2}\s?P\s?\d{1,2}(?:[-+]?\d){0,4}(?:A\d)?(?:L\d)?(?![\d])|孕\s?\d{1,2}\s?产\s?\d{1,2}",
    "segments": r"(?<![A-Za-z0-9])(?:(?:segments?|seg\.?|segs|段|levels?)\s?[IVX]+(?![a-z])|(?:segments?|seg\.?|segs|段|肝|level|levels|L|T|C|S|rib|ribs|digit|finger|toe|metacarpal|metatarsal|ray|quadrant)"
    r"\s?\d{1,2}[ab]?(?:\s?(?:[-/,、&+]|and|to|至|和)\s?[LTCS]?\d{1,2}[ab]?)*(?:段)?(?!\d|[/:-]\d))",
    "segment_code": rf"{_LETTERED}[SLTCMNDAPQVRFEWBG]\d(?:[ab])?(?:\s?[-/,、]\s?[SLTCMNDAPQVRFEWBG]?\d[ab]?){{0,3}}(?![\dA-Za-z/-])",
    "ordinal": r"(?<![\d/.-])(?:1st|2nd|3rd|[4-9]th|1\dth|2\dth|30th)(?!\w)|第\s?\d{1,2}\s?(?:肋|腰|胸|颈|骶|掌|趾|指|次|孕|胎|个|组|节|跖)",
    "count": rf"{_NUM}(?:\s?(?:-|to|or)\s?\d{{1,2}})?[ \t-]?(?:[a-z-]+[ \t]){{0,3}}?{_NOUN}(?![a-z])",
    "views": rf"{_LETTERED}(?:[2-4]D|[2-5]C[HV]?|A[2-5]C|AP[2-5]|3V[VT]|4HC|T[12]WI|T[12]|HbA1c|CA-?(?:125|19-?9|15-?3)|CA\d{{3}}|B12|H2|CO2|O2|M1|HER-?2|Ki-?67|p53|F?18F?-?FDG)(?![\dA-Za-z])",
    "age_zh": rf"(?<!\d){_AGE}\s?(?:周)?岁(?:\d{{1,2}}个?月)?|(?:男|女)(?:性)?[\s,，/、|－-]{{0,3}}{_AGE}(?!\d|[./:-]\d)",
    "age_en": rf"(?<![\d/-]){_AGE}[\s-]?(?:y/?o|yr\.?s?|years?|year[\s-]old|yo|y)(?:[\s-]?(?:old|o))?(?:\s?[mf])?(?![a-z])|(?<![\d/-]){_AGE}\s?[/-]?\s?(?:[MF]|male|female)(?![A-Za-z])"
    rf"|(?<![A-Za-z])(?:[MF]|male|female)\s?[/,-]?\s?{_AGE}(?!\d|[/.:-]\d)|(?:aged?|年龄)\s?[:=]?\s?{_AGE}(?!\d|[/.:-]\d)",
    "ratio": r"(?<![\d:./-])\d{1,2}(?:\.\d)?\s?:\s?\d(?:\.\d)?(?!\d|[:]\d)|(?<![\d/.-])(?:1/[234]|[23]/[34])(?!\d|[/]\d)|(?<![\d/.])(?:[0-8]/8|(?:[0-9]|10)/10)(?!\d|[/]\d)",
    "list_index": r"(?m)^[ \t]*[(（]?[1-4]?\d[.)、）．](?!\d)|^[ \t]*\d{1,2}[ \t]*[:：](?!\s?\d)|(?<=[。；;：:.）)\s\]】〕」|])[(（]?\d{1,2}(?:[)、）．]|\.(?=\s|[^\d\s]))(?![\d])",
    "vital": r"(?<![A-Za-z])BP\s?:?\s?\d{2,3}/\d{2,3}|SpO2\s?:?\s?\d{2,3}\s?%?|\d'\s?\d{1,2}\"",
    "counted_en": r"(?:day of life|dol|cycle|figo|gleason|ipss|d-?dimer|bilirubin|creatinine|uric acid|troponin|crp|esr|glucose|lactate|ca-?125|hematocrit|pages?|day|week|month|para|gravida)"
    r"\s?(?:of\s|is\s|was\s)?[:=]?\s?\d{1,3}(?:\.\d{1,2})?(?!\d|[/:-]\d)",
    "tnm": rf"{_LETTERED}[cpy]?T[0-4](?:is|[a-d])?\s?N[0-3x][a-c]?(?:\s?M[01x])?(?![A-Za-z0-9])",
    "suture": r"(?<!\d)\d{1,2}-0(?=\s?(?:suture|nylon|vicryl|prolene|silk|线|号))",
    "citation": r"(?<=[a-z.)\]] )\[\d{1,3}(?:\s?[-,]\s?\d{1,3})*\]|(?<=[a-z.)])\[\d{1,3}(?:\s?[-,]\s?\d{1,3})*\]",
    "message_frame": r"(?m)</?[A-Z]{2}[A-Z0-9]\.\d{1,2}>|\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)|^(?:MSH|PID|PV1|ORC|OBR|OBX|NTE)\|\d{0,2}\||\|P\|2\.\d(?:\.\d)?|\^R01",
    "small_decimal": r"(?<![\d.:/\-年])(?:0\.\d{1,3}|\d{1,3}\.\d)(?![\d年月日]|[.:/\-]\d)",
    "sign_count": r"(?<![\dA-Za-z.])(?:[x×]\s?\d{1,2}|[1-4]\s?\+|1:\d{1,4}|\d{1,2}/40)(?![\dA-Za-z/])",
    "rate": r"(?:heart rate|pulse|rate|wk|week|visit|grade|b-?lines?|pgy|mcp|pip|dip|mtp|score|stage|type|class|z值|das28)\s?[:=]?\s?[<>-]?\s?\d{1,3}(?:\.\d{1,2})?(?!\d|[/:.-]\d)",
    "gene": r"(?<![A-Za-z0-9])(?:BRAF\s)?V600E|(?<![A-Za-z0-9])[A-Z]\d{2}\.\d{1,2}(?!\d|[.]\d)",
    "isotope": r"(?<![A-Za-z0-9])(?:99m?Tc|131I|125I|123I|111In|201Tl|18F|68Ga|177Lu)(?:-[A-Za-z]{3,4})?(?![A-Za-z0-9])|z-?score\s?[:=+-]?\s?\d(?:\.\d{1,2})?",
    "procedure_count_zh": r"(?:靶向|系统|共|穿刺|取材)\s?\d{1,2}\s?(?:针|条|块|枚|次)|\d{1,2}\s?针|第\s?\d\s?版|120(?=车|急救)",
    "drug_code": r"(?<![A-Za-z0-9])(?:FK506|ABCD2|NK1|CD\d{1,3}|SCD\d|HLA-?B27|H1N1)(?![A-Za-z0-9])|\d{1,3}(?:-\d{1,3})?/HP",
    "parasite_stage": r"(?<![A-Za-z0-9])P[0-4X]N[01X]M[01X](?![A-Za-z0-9])",
    "percentile_zh": r"第\s?\d{1,2}\s?(?:百分位|年|周|月|掌|跖|趾|指|肋|颈|胸|腰)|\d(?:\s?[-~、]\s?\d)?\s?(?:跖|掌|指|趾)(?:骨|间|指)",
    "markup": rf"</?(?:{HTML_TAGS})(?=[\s/>])|&(?:nbsp|lt|gt|amp|quot|apos|#(?:9|10|13|32|160|8211|8212));|{RTF_WORDS}|(?<!\w)(?:age|colspan|rowspan|width|height|size|border)=\"?\d{{1,2}}\"?(?=[\s>/])",
    "of_zones": r"\d{1,2}\s?of\s?\d{1,2}\s?(?:zones|views|segments|cores|fields|quadrants|nodes)",
    "record_key": rf"(?<!\w){_RECORD}(?:{_RECORD})+(?=[>=:])|(?m:^)(?:find|impr|desc|result)_\d",
    "decimal_en": r"(?<=[A-Za-z] )(?<!at )(?<!by )(?<!on )(?<!, )(?<!@ )(?<![\u4e00-\u9fff])\d{1,2}\.\d{2}(?!\d|[.:/-]\d|\s?[ap]\.?m|[\u4e00-\u9fff])",
    "guideline": r"(?:ACR|ASE|EACVI|SRU|AIUM|ISUOG|ESC|AHA|ATA|EFSUMB|WFUMB|guidelines?|criteria|consensus)[\s,;(]{1,3}(?:19|20)\d{2}(?!\d|[-/.]\d)|(?<![\d/.-])(?:19|20)\d{2}\s(?:ACR|ASE|SRU|AIUM|ISUOG|ESC|criteria|consensus|guidelines?|white\spaper)",
    "trainee": r"(?<![A-Za-z])(?:PGY|ST|FY|SHO)-?\d(?![\dA-Za-z])",
    "structure": rf"(?<![A-Za-z])(?:liver|spleen|kidneys?|uterus|ovar(?:y|ies)|cervix|endometrium|bladder|prostate|isthmus|thyroid|lobe|gallbladder|"
    r"pancreas|appendix|aorta|cord|placenta|wall|septum|root|atrium|ventricle|effusion|nodule|cyst|mass|node|lesion|fibroid|stone|follicle|"
    r"plaque|stenosis|residual|vein|artery|duct|testis|testes|tendon|nerve|sac|pole|pelvis|cortex|caudate|contracta|jet|activity|"
    r"IVC|CBD|CHD|PV|SMV|SMA|SV|GB|RAP|VC|TR|AI|GLS|WMSI|CIMT|IMT|IPP|CD|FHM|FHR|RV/LV|Qp[:/]Qs|RV|LV|RA|LA|Vr|PRF|BT|POD|MG|PG|ISUOG|FMF|NT)"
    rf"\s?(?:ratio|size|length|of|is|was|at|about|approximately)?\s?[:=]?\s?[<>~≈≤≥+-]?\s?{_N3}(?:\s?[-/,]\s?{_N3}){{0,2}}(?!\d|[.:/-]\d|[A-Za-z]|\s?[ap]\.?m)",
    "scored_by_name": r"(?<![A-Za-z])(?:Likert|Kellgren[- ]Lawrence|KL|Ishak|METAVIR|T[oö]nnis|Child[- ]Pugh|MELD(?:-Na)?|Wells|GCS|Tanner|SFU|Tsukuba|Alvarado|"
    r"VCSS|CEAP|Rutherford|Fontaine|WIfI|Fazekas|LASP|Todani|Mirizzi|De\s?Bakey|Crawford|Balthazar|Bethesda|Deauville|Apgars?|Hurley|Outerbridge|Wagner|Forrest|"
    r"Robson|Fuhrman|Hinchey|Strasberg|Goutallier|Ferriman|VAS|NRS|MUAC|TFCC|FIGO|Gleason|IPSS|trisomy|BRCA|HPV|factor|compartment|series|clip|core|pass|twin|fetus|baby|"
    r"nodule|lead|channel|window|sweep|step|item|option|group|arm|cohort|round)"
    r"\s?(?:score|grade|class|type|stage|index|no\.?)?\s?[:=#]?\s?[A-DT]?\d{1,2}(?:\.\d)?[A-Da-d]?(?:\s?(?:and|/|-|,|\+)\s?\d{1,2}){0,2}(?!\d|[./:-]\d)",
    "deviation": r"[<>≤≥]?\s?[+-]?\s?\d{1,2}(?:\.\d{1,2})?\s?(?:SDs?|MoM|z|standard deviations?)(?![A-Za-z])|z[- ]?score\s?[:=]?\s?[+-]?\s?\d(?:\.\d{1,2})?(?!\d)",
    "laboratory": rf"(?<![A-Za-z])(?:FBS|BNP|NT-proBNP|pH(?=\s?[:=]?\s?\d\.\d)|FiO2|RR|Temp|temperature|T(?=\s3\d\.\d)|weight|height|platelets?|BW|birth\s?weight|HbA1c|T[34]|CA\s?-?(?:125|19-?9|15-?3)|"
    rf"ferritin|sodium|potassium|urea|albumin|amylase|lipase|hemoglobin|haemoglobin|glucose|ULN|NR|ref\.?|normal|nl|N(?=\s?:?\s?[<>≤≥]))\s?[:=]?\s?[<>≤≥~]?\s?{_N}(?:\s?-\s?{_N})?(?!\d|[./:-]\d)",
    "compared": r"(?<![A-Za-z])(?:up to|at least|less than|more than|greater than|approx\.?|approximately|about|around|range|total|averag(?:e|ing)|mean|scored)\s?(?:of\s)?[<>~]?\s?\d{1,3}(?:\.\d{1,2})?(?:\s?(?:-|to|and)\s?\d{1,3}(?:\.\d{1,2})?)?(?!\d|[./:-]\d|[A-Za-z]|\s(?:january|february|march|april|may|june|july|august|september|october|november|december|am|pm))",
    "per_time": r"(?<![\d/.-])\d{1,3}\s?(?:/|b/|per\s?)min(?:ute)?(?![a-z])|\d{1,3}\s?frames?/s",
    "weeks_british": r"(?<![\d/.-])(?:[1-9]|[1-3]\d)/(?:7|52|12)(?=\s(?:ago|follow|time|review|old|gestation|history|later|weeks?|months?|days?))|(?<=review in )\d{1,2}/(?:7|52|12)(?!\d)|(?<![\d/])(?:[1-3]?\d)\s[1-6]/7(?!\d)|\d{1,2}-\d{1,2}\+\d(?!\d)",
    "parity": r"(?<![A-Za-z])(?:G\d{1,2}\s?)?P\d{4}(?![\d-])|(?<![A-Za-z])(?:P|para\s?)\d\s?\+\s?\d(?!\d)|4[5-7],X[XY]?(?![A-Za-z])",
    "from_nipple": r"(?<!\d)(?:1[0-2]|0?[1-9]):[03]0(?=,?\s?(?:N\s?\+?\d|\d(?:\.\d)?\s?cm|FN|\(?\s?radial|axis|zone|position))|\d(?:\.\d)?\s?cm\s?FN|N\+\d",
    "centile": r"(?:centile|percentile)\s?[:=]?\s?\d{1,2}|\d{1,2}(?:\s?-\s?\d{1,2})?(?:st|nd|rd|th)?\s?%?\s?(?:centile|percentile|%?ile)|(?<![A-Za-z0-9])p\d{1,2}(?![\dA-Za-z])",
    "graded_plus": r"(?<![\d/.-])[0-4]\+?\s?(?:-|/)\s?[1-6]\+|(?<![\d/.-])[0-6]/6(?=\s(?:SEM|systolic|diastolic|murmur))|[0-5]/5(?=\s(?:strength|power|motor))|1:\d{1,3},\d{3}|(?<=\brisk )1 in \d{2,6}|\d{1,2}\s?(?:out of|of|in)\s?(?:total|\d{1,2})(?!\d)",
    "age_sex": rf"(?<![A-Za-z])[FM][,/]?\s?{_AGE}(?!\d|[./:-]\d)|(?<=\baged )(?:[1-9]|[1-8]\d)(?!\d)|\(?(?:ref\.?|normal|nl)?\s?(?<![\d.])[0-9]\.\d{{1,2}}\s?-\s?\d\.\d{{1,2}}\)",
    "decimals": r"(?<![\d.:/-])\d{1,2}\.\d{1,2}(?:\s?[/,]\s?\d{1,2}\.\d{1,2}){1,4}(?!\d|[.:/-]\d)",
    "joints": r"(?<![A-Za-z])(?:MCP|PIP|DIP|MTP|CMC|IP|digits?|fingers?|toes?|rays?|ribs?|levels?|images?|views?|segments?)\s?\d{1,2}(?:\s?(?:-|to|and|,)\s?\d{1,2})?(?!\d|[./:-]\d)|(?<![A-Za-z])COVID-?19|\d\s?VC(?![A-Za-z])|\d-ch(?![a-z])",
    "unit_alone": r"(?<![A-Za-z0-9])(?:mm|cm|m)[23](?![A-Za-z0-9])",
    "t_stage": rf"{_LETTERED}[ucpy]T[0-4][a-d]?(?![A-Za-z0-9])",
    "age_in_words": r"(?:[一二三四五六七八]?十[一二三四五六七八九]?|[一二三四五六七八九])(?:周)?岁",
    "months_since": r"(?<=[\u4e00-\u9fff])(?<![年于在去今明前本上下至])\d{1,2}\s?月(?=[,，。;；])",
    "legend": r"(?<=[.,;:]\s)\d{1,2}(?=\s[A-Za-z]{4,})",
    "list_index_zh": r"(?m)(?<=[\u4e00-\u9fff])[1-9][.、．](?=[\u4e00-\u9fffA-Z])(?!\d)|^[1-9]\s(?=[\u4e00-\u9fff]{1,6}[:：])",
    "span_zh": r"(?:受限|疼痛|不适|停经|术后|病史|病程|发现|反复|余|近|达|超过|吸烟|饮酒|婚后|肿胀|外伤后?)\s?\d{1,2}\s?个?(?:月|年|天|日|周|小时)(?!\d)",
    "decimal_index": r"(?:index|indices|ratio|velocity|fraction|score|RI|PI)\s(?:[a-z]+\s){1,6}?\d{1,2}\.\d{1,2}(?!\d|[.]\d)"
    r"|(?<![\d./-])\d{1,2}\.\d{1,2}(?=\s(?:on the|in the|left|right|bilaterally|respectively|L|R)(?![a-z]))",
    "side_zh": r"(?:左|右|双)侧?(?:分别)?[约为:]?\s?\d{1,2}\.\d{1,2}(?!\d|[.]\d)",
    "ratio_zh": r"(?:比|比值|指数|比例)\s?(?:均)?(?:小于|大于|等于|约为?|超过|不足|为|<|>|≥|≤|:|=)?\s?\d{1,2}(?:\.\d{1,2})?(?!\d|[.:/-]\d)",
    "page": r"(?:page|pg\.?)\s?\d{1,2}(?:\s?(?:of|/)\s?\d{1,2})?(?!\d)|第\s?\d{1,2}\s?页|共\s?\d{1,2}\s?页",
    "figure": r"(?:figures?|fig\.?|image|img|frame|panel|图)\s?\d{1,3}(?!\d)",
    "pregnancy": r"(?:孕|停经|妊娠|早孕|胎龄|约|宫内孕|相当于|符合)\s?\d{1,3}\s?\+?\s?\d?\s?(?:周|天|月)\+?\d?天?",
    "bilateral": r"(?:x|×)\s?\d{1,2}(?!\d|[./:-]\d)|#\d{1,2}(?!\d)|(?:nodule|cyst|mass|lesion|fibroid|node|fetus|twin|stone|结节|肿块|囊肿|肌瘤|病灶|胎)\s?[:#]?\s?\d(?!\d|[./-]\d|:\d)",
    "device": r"(?i:GE|philips|siemens|mindray|canon|toshiba|samsung|hitachi|aloka|esaote|sonoscape|voluson|logiq|vivid|epiq|affiniti|iu22|cx50|acuson|sequoia|aplio|xario|resona|arietta|mylab|迈瑞|飞利浦|西门子|开立|东芝|三星|日立)"
    r"(?:[ -]?(?:voluson|logiq|vivid|epiq|affiniti|acuson|sequoia|aplio|xario|resona|arietta|mylab|versana))?[ -]?[A-Z]{0,3}-?\d{1,4}[A-Z]{0,2}(?!\d|[-]\d)",
    "probe": rf"{_LETTERED}(?:[CLSPV]|EC|RAB|RIC|SC|MC|VF|IC|ML|SP|eL|CA|PVT)\d{{1,2}}-\d{{1,2}}[A-Z]{{0,3}}(?!\d|[-]\d)|{_LETTERED}\d{{1,2}}[LCS](?:-[A-Z]+)?(?![\dA-Za-z])",
}


def _index() -> str:
    """Measurement label, then a number of at most four digits before the point."""
    words = [label for label in labels() if len(label) > 1]
    more = (
        "指数|比值|内径|厚度?|宽度?|长度?|深度?|面积|体积|容积|压差|流速|速度|峰值|直径|大小|范围|径|约|达|最大|最小|平均|增至|"
        "ratio|index|index of|score|volume|velocity|thickness|diameter|length|width|height|gradient|pressure|size|measur(?:es|ing|ed)|"
        "ABI|TBI|BMI|DVI|L/T|PLT|WBC|RBC|HGB|Hb|TSH|AFP|CEA|HCG|PSA|eGFR|ALT|AST|INR|Levene|指数值|E/e|E/E|VTI|Vmax|Vmin|PGmax|PG|EF|LVEF|FS|RI|PI|S/D|PSV|EDV|HR|FHR|DR|MI|TI|TIS|TIB|FR|PRF|SPAP|RVSP"
    )
    label = one_of(letters(word.lower()) for word in words)
    link = r"\s?(?:\([^()\n]{1,14}\))?\s?(?:值|为|是|约|小于|大于|等于|of|is|was|are|at|=|:|：|~|≈|<|>|≤|≥|about|approximately|percentile)?\s?(?:约|<|>)?\s?[:=]?\s?"
    return rf"(?<![A-Za-z])(?:{label}|{more}){link}{_N}(?:{_SEP}{_N}){{0,3}}\s?(?:%|th\b)?(?![\d:/A-Za-z]|-\d|\.\d|年|月|日|号)"


@cache
def _grammar() -> tuple[Sieve, tuple[re.Pattern[str], ...]]:
    compiled = tuple(re.compile(expression, re.IGNORECASE) for expression in (*GRAMMAR.values(), _index()))
    return Sieve([(expression.pattern, True) for expression in compiled]), compiled


_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:(?:[-_/#+]|\.(?!\.))+[A-Za-z0-9]+)*")


def protected_numbers(folded: str) -> list[tuple[int, int]]:
    """Find the spans of numbers that the clinical grammar proves."""
    if not _DIGITS.search(folded):
        return []
    sieve, grammar = _grammar()
    return [match.span() for number in sieve.candidates(folded) for match in grammar[number].finditer(folded)]


def denied_numbers(folded: str, protected: list[tuple[int, int]]) -> list[Span]:
    """Find every digit run that no proof covers; the whole token around it goes."""
    out: list[Span] = []
    for token in _TOKEN.finditer(folded):
        runs = [run.span() for run in _DIGITS.finditer(folded, token.start(), token.end())]
        denied = [run for run in runs if uncovered(*run, protected)]
        if not denied or is_misread_word(token.group()):
            continue
        if len(denied) == len(runs):
            out.append(Span(token.start(), token.end(), "NUMBER", Strength.WEAK))
        else:
            out += [Span(start, end, "NUMBER", Strength.WEAK) for start, end in denied]
    return out

"""Invented identities: patients, staff and hospitals of the sample hospital.

In: a seeded ``random.Random``. Out: ``Patient`` and ``Site``. Every name, number and address is made up; telephone
numbers use the 555 exchange or an unassigned block.
"""

import datetime as dt
from dataclasses import dataclass
from random import Random

#: Latin given names by sex, and family names. Words that are also ultrasound terms stay out.
_GIVEN_EN = {
    "M": ("John", "Robert", "Daniel", "Marcus", "Jürgen", "Owen", "Patrick", "Samuel", "Hector", "Vincent", "Emeka"),
    "F": ("Martha", "Alice", "Joanna", "Renée", "Priya", "Helen", "Sofia", "Naomi", "Beatrice", "Gwendolyn", "Ingrid"),
}
_FAMILY_EN = (
    "Smith", "O'Connor", "Delgado", "Müller", "Kowalski", "Whitfield", "Okafor", "Nguyen", "Pemberton", "Castellano",
    "Haverford", "Lindqvist", "Abernathy", "Rosenthal", "Thackeray", "Bergström",
)  # fmt: skip
#: Chinese family and given names with their pinyin.
_FAMILY_ZH = (
    ("王", "WANG"), ("李", "LI"), ("张", "ZHANG"), ("刘", "LIU"), ("陈", "CHEN"), ("欧阳", "OUYANG"), ("赵", "ZHAO"),
    ("周", "ZHOU"), ("徐", "XU"), ("孙", "SUN"), ("诸葛", "ZHUGE"), ("郭", "GUO"), ("何", "HE"), ("罗", "LUO"),
)  # fmt: skip
_GIVEN_ZH = {
    "M": (
        ("建国", "JIANGUO"), ("志强", "ZHIQIANG"), ("伟", "WEI"), ("海涛", "HAITAO"), ("俊杰", "JUNJIE"),
        ("明轩", "MINGXUAN"), ("德福", "DEFU"), ("晓东", "XIAODONG"),
    ),
    "F": (
        ("丽华", "LIHUA"), ("芳", "FANG"), ("晓燕", "XIAOYAN"), ("秀英", "XIUYING"), ("雨桐", "YUTONG"),
        ("美玲", "MEILING"), ("淑珍", "SHUZHEN"), ("佳怡", "JIAYI"),
    ),
}  # fmt: skip
_STAFF_EN = (
    "Margaret Hallam",
    "Tobias Renner",
    "Anita Deshmukh",
    "Colin Fairbanks",
    "Yolanda Ibarra",
    "Dmitri Sokolov",
)
_STAFF_ZH = ("沈国栋", "韩雪梅", "邓文博", "蒋玉兰", "曹立新", "谢婉清")
_HOSPITALS = {
    "en": ("Larkfield Regional Hospital", "Quillmoor General Hospital", "Eastbrook Medical Center"),
    "zh": ("青澜市第三人民医院", "岚溪县中医院", "北棠大学附属澄屿医院"),
}
_STREETS = {
    "en": ("Fernhollow Lane, Larkfield", "Tallow Street, Quillmoor", "Old Mill Road, Eastbrook"),
    "zh": ("青澜市云栖区望湖路", "岚溪县城关镇胜利巷", "澄屿市海棠区学府街"),
}


@dataclass(frozen=True)
class Patient:
    """One invented person. ``hanzi`` is empty for patients of the English-speaking site."""

    family: str
    given: str
    hanzi: str
    hanzi_family: str
    sex: str
    birth: dt.date
    patient_id: str
    phone: str
    address: str

    @property
    def full(self) -> str:
        """Give the name as people say it."""
        return self.hanzi or f"{self.given} {self.family}"

    @property
    def dicom(self) -> str:
        """Give the name in DICOM order with carets, Latin letters only."""
        return f"{self.family}^{self.given}"

    @property
    def spaced(self) -> str:
        """Give the Latin name in the order of its language."""
        return f"{self.family} {self.given}" if self.hanzi else f"{self.given} {self.family}"

    @property
    def title(self) -> str:
        """Give the polite short form: Mr. Smith, 王女士."""
        if self.hanzi:
            return self.hanzi_family + ("先生" if self.sex == "M" else "女士")
        return ("Mr. " if self.sex == "M" else "Mrs. ") + self.family

    def age(self, on: dt.date) -> int:
        """Give the age in years on a day."""
        return on.year - self.birth.year - ((on.month, on.day) < (self.birth.month, self.birth.day))

    def strings(self) -> set[str]:
        """List everything that identifies the person, with name parts of 4 Latin letters or 2 hanzi and more."""
        found = {self.full, self.dicom, self.spaced, f"{self.family}, {self.given}", self.patient_id}
        found |= {self.phone, self.address, self.hanzi}
        found |= {part for part in (self.family, self.given) if len(part) >= 4}
        given = self.hanzi.removeprefix(self.hanzi_family)
        found |= {part for part in (self.hanzi_family, given) if len(part) >= 2}
        return found - {""}


@dataclass(frozen=True)
class Site:
    """Where an exam took place and who took part: hospital and staff."""

    hospital: str
    sonographer: str
    reader: str
    referrer: str

    def strings(self) -> set[str]:
        """List the identifying strings of the site."""
        staff = {self.sonographer, self.reader, self.referrer}
        parts = {part for name in staff if name.isascii() for part in name.split() if len(part) >= 4}
        return {self.hospital} | staff | parts


def make_patient(rng: Random, language: str, sex: str, number: int, born: tuple[int, int] = (1946, 1992)) -> Patient:
    """Invent a patient who was born in these years; ``number`` makes the record number unique."""
    birth = dt.date(rng.randint(*born), rng.randint(1, 12), rng.randint(1, 28))
    if number % 11 == 3 and born[0] <= 1946:
        birth = birth.replace(year=1931)  # somebody older than 89: the age itself identifies
    address = f"{rng.randint(11, 98)} {rng.choice(_STREETS['en'])}"
    if language == "zh":
        hanzi_family, family = rng.choice(_FAMILY_ZH)
        hanzi_given, given = rng.choice(_GIVEN_ZH[sex])
        address = f"{rng.choice(_STREETS['zh'])}{rng.randint(11, 98)}号{rng.randint(2, 9)}幢{rng.randint(201, 1502)}室"
        phone = f"199{rng.randint(10**7, 10**8 - 1)}"
        hanzi = hanzi_family + hanzi_given
    else:
        family, given = rng.choice(_FAMILY_EN), rng.choice(_GIVEN_EN[sex])
        phone, hanzi, hanzi_family = f"(555) 01{rng.randint(2, 9)}-{rng.randint(1000, 9999)}", "", ""
    return Patient(
        family, given, hanzi, hanzi_family, sex, birth, _record_number(rng, language, number), phone, address
    )


def make_site(rng: Random, language: str) -> Site:
    """Choose a hospital and three different members of its staff."""
    staff = rng.sample(_STAFF_ZH if language == "zh" else _STAFF_EN, 3)
    return Site(rng.choice(_HOSPITALS[language]), *staff)


def initials(name: str) -> str:
    """Give the initials of a member of staff as consoles print them; hanzi names keep their characters."""
    return "".join(part[0] for part in name.split()) if name.isascii() else name


def _record_number(rng: Random, language: str, number: int) -> str:
    """Make a record number in the style of one of several systems; most have leading zeros."""
    tail = number * 1000 + rng.randint(100, 999)
    styles = ("{:08d}", "{:07d}", "MR{:07d}", "{:010d}") if language == "en" else ("{:08d}", "ZY{:08d}", "{:010d}")
    return styles[number % len(styles)].format(tail + 30_000)

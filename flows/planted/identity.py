"""An invented patient and exam, and the many ways a console spells them.

In: a random source and a language (``en``, ``zh``, ``pinyin``: a Chinese hospital on an English console).
Out: texts with their tags, and what a DICOM header would know.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from flows.planted.board import Tag
from flows.planted.phrase import fill, people
from schemas.region import RegionKind

Part = tuple[str, Tag]

_DATES_EN = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%d %b %y",
    "%m/%d/%y",
    "%Y/%m/%d",
)
_DATES_ZH = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y%m%d", "%d/%m/%Y", "%y-%m-%d", "%m-%d-%Y")
_TIMES = ("%H:%M:%S", "%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p")
#: Names that a rule could take for anatomy or a setting are drawn this often.
_COLLIDING = 0.3


@dataclass(frozen=True)
class Person:
    """A person; ``hanzi`` is empty for a person without a Chinese name."""

    surname: str
    given: tuple[str, ...]
    hanzi: tuple[str, str]
    sex: str

    @property
    def header_name(self) -> str:
        """Give the name in the form of a DICOM header."""
        return (
            f"{self.surname}^{''.join(self.given)}".upper() if self.hanzi[0] else "^".join((self.surname, *self.given))
        )


@dataclass(frozen=True)
class Identity:
    """Everything of an exam that tells who the patient is. One exam shows one date format throughout."""

    language: str
    patient: Person
    patient_id: str
    born: date
    exam: datetime
    accession: str
    phone: str
    address: str
    hospital: str
    department: str
    physician: Person
    operator: str
    ward: str
    age: int
    weeks: int
    label_language: str
    date_format: str
    time_format: str


def invent(rng: Random, language: str, *, female: bool = False) -> Identity:
    """Invent an exam."""
    words = people()["zh" if language == "zh" else "en"]
    physician = invent_person(rng, language)
    age = rng.randint(90, 101) if rng.random() < 0.12 else rng.randint(19, 88)
    if female:
        age = rng.randint(19, 42)
    exam = datetime(2016, 1, 1, 7, 30) + timedelta(days=rng.randrange(3500), seconds=rng.randrange(38000))  # noqa: DTZ001
    return Identity(
        language=language,
        patient=invent_person(rng, language, "F" if female else None),
        patient_id=_patient_id(rng, words, exam),
        born=exam.date() - timedelta(days=age * 365 + age // 4 + rng.randrange(1, 364)),
        exam=exam,
        accession=fill(rng.choice(words["accessions"]), rng),
        phone=fill(rng.choice(people()["zh" if language == "pinyin" else language]["phones"]), rng),
        address=_place(rng, rng.choice(people()["zh" if language == "zh" else "en"]["streets"]), language),
        hospital=_hospital(rng, language),
        department=fill(rng.choice(words["departments"]), rng),
        physician=physician,
        operator="".join(part[0] for part in (physician.surname, *physician.given)).upper(),
        ward=fill(rng.choice(words["ward"]), rng),
        age=age,
        weeks=rng.randint(6, 39),
        label_language="zh" if language == "zh" and rng.random() < 0.75 else "en",
        date_format=rng.choice(_DATES_ZH if language != "en" else _DATES_EN),
        time_format=rng.choice(_TIMES),
    )


def invent_person(rng: Random, language: str, sex: str | None = None) -> Person:
    """Invent a person of a hospital of this language."""
    words = people()["en" if language == "en" else "zh"]
    sex = sex or rng.choice("FM")
    surname = rng.choice(words["colliding" if rng.random() < _COLLIDING else "surnames"])
    given = rng.choice(words["female" if sex == "F" else "male"])
    if language == "en":
        second = (rng.choice("ABCDEHJKLMRT"),) if rng.random() < 0.3 else ()
        return Person(surname, (given, *second), ("", ""), sex)
    return Person("".join(_latin(surname)).capitalize(), tuple(_latin(given)), (surname, given), sex)


def spell(person: Person, language: str, rng: Random) -> str:
    """Spell a patient's name in one of the ways consoles and clerks do."""
    if language == "zh":
        surname, given = person.hanzi
        whole = surname + given
        title = "女士" if person.sex == "F" else "先生"
        ways = [whole] * 9 + [f"{surname} {given}", f"{surname}^{given}", " ".join(whole), whole + title]
        return rng.choice(
            [*ways, f"{whole}之{'女' if rng.random() < 0.5 else '子'}", f"{whole}({person.surname[0].upper()})"]
        )
    given = "".join(person.given).capitalize() if person.hanzi[0] and rng.random() < 0.6 else " ".join(person.given)
    surname = person.surname
    title = "Mrs." if person.sex == "F" else "Mr."
    ways = [f"{surname}, {given}"] * 4 + [f"{surname} {given}"] * 3 + [f"{surname}^{given.replace(' ', '^')}"] * 2
    ways += [
        f"{given} {surname}",
        f"{surname},{given}",
        f"{title} {given} {surname}",
        surname,
        f"{given[0]}. {surname}",
    ]
    return rng.choice((str.upper, str.upper, str.upper, str, str, str.lower))(rng.choice(ways))


def parts_of(role: str, identity: Identity, rng: Random, *, labelled: bool) -> tuple[Part, ...]:
    """Give the texts of one field of the header: now and then its label, and its value."""
    text, kind, role_shown = _value(role, identity, rng)
    value = (text, Tag(kind, role_shown, script(text, identity.language, role)))
    labels = people()[identity.label_language]["label"].get(role)
    label = rng.choice(labels) if labels and (labelled or role in ("initials", "lmp", "edd", "ga")) else ""
    if not label.strip():
        return (value,)
    return ((label, Tag(RegionKind.DEVICE, "field_label", script(label, identity.language, "label"))), value)


def script(text: str, language: str, role: str) -> str:
    """Tell the script of a text: Chinese, romanised Chinese or English."""
    if any("\u3400" <= char <= "\u9fff" for char in text):
        return "zh"
    romanised = role in ("name", "staff", "hospital", "address", "initials")
    return "pinyin" if romanised and language != "en" else "en"


def known_phi(identity: Identity, roles: set[str], rng: Random) -> dict[str, Any]:
    """Give what the header tells of the planted fields: all of it, a part or nothing, a third of the frames each."""
    patient = identity.patient
    native = "".join(patient.hanzi)
    name = native if identity.language == "zh" and rng.random() < 0.6 else patient.header_name
    physician = identity.physician
    staff = "".join(physician.hanzi) if identity.language == "zh" else physician.header_name
    facts: dict[str, tuple[str, Any]] = {
        "patient_name": ("name", name),
        "patient_id": ("id", identity.patient_id),
        "birth_date": ("birth", identity.born.strftime("%Y%m%d")),
        "accession_number": ("accession", identity.accession),
        "phone": ("phone", identity.phone),
        "address": ("address", identity.address),
        "physicians": ("staff", [staff]),
        "institution": ("hospital", identity.hospital),
    }
    planted = {key: fact for key, (role, fact) in facts.items() if role in roles}
    share = rng.choice((0.0, 0.5, 1.0))
    return {key: fact for key, fact in planted.items() if rng.random() < share}


def _value(role: str, identity: Identity, rng: Random) -> tuple[str, RegionKind, str]:
    """Give a field's text, kind and role."""
    if role in ("age", "sex", "ga"):
        return _plain_value(role, identity, rng)
    return _phi_value(role, identity, rng), RegionKind.PHI, "date" if role in ("datetime", "lmp", "edd") else role


def _plain_value(role: str, identity: Identity, rng: Random) -> tuple[str, RegionKind, str]:
    chinese = identity.language == "zh"
    if role == "ga":
        day = rng.randrange(7)
        text = f"{identity.weeks}周{day}天" if chinese else f"{identity.weeks}w{day}d"
        return text, RegionKind.MEASUREMENT, "ga"
    if role == "sex":
        female = identity.patient.sex == "F"
        words = (("女", "男"), ("女", "男"), ("F", "M")) if chinese else (("F", "M"), ("Female", "Male"), ("F", "M"))
        pair = rng.choice(words)
        return pair[0] if female else pair[1], RegionKind.DEVICE, "demographic"
    age = identity.age
    text = rng.choice(
        (f"{age}岁", f"{age}岁", f"{age}Y") if chinese else (f"{age}Y", f"{age} yrs", f"{age:03d}Y", f"{age}y")
    )
    return (text, RegionKind.PHI, "age90") if age >= 90 else (text, RegionKind.DEVICE, "demographic")


def _phi_value(role: str, identity: Identity, rng: Random) -> str:
    exam = identity.exam
    day, clock = exam.strftime(identity.date_format), exam.strftime(identity.time_format)
    if role == "name":
        return spell(identity.patient, identity.language, rng)
    if role == "staff":
        return _staff(identity, rng)
    texts = {
        "id": identity.patient_id,
        "birth": identity.born.strftime(identity.date_format),
        "date": day,
        "time": clock,
        "datetime": f"{day} {clock}",
        "lmp": (exam - timedelta(days=identity.weeks * 7 + 3)).strftime(identity.date_format),
        "edd": (exam + timedelta(days=(40 - identity.weeks) * 7)).strftime(identity.date_format),
        "accession": identity.accession,
        "phone": identity.phone,
        "address": identity.address,
        "hospital": identity.hospital,
        "department": identity.department,
        "initials": identity.operator,
        "ward": identity.ward,
    }
    return texts[role]


def _staff(identity: Identity, rng: Random) -> str:
    physician = identity.physician
    if identity.language == "zh":
        return "".join(physician.hanzi) + rng.choice(("", "", "", "医生", "主任"))
    surname, given = physician.surname, " ".join(physician.given)
    ways = (f"Dr. {surname}", f"{given[0]}. {surname}", f"{surname} {given}", f"{surname}, {given[0]} MD", surname)
    return rng.choice((str, str, str.upper))(rng.choice(ways))


def _patient_id(rng: Random, words: dict[str, Any], exam: datetime) -> str:
    if rng.random() < 0.15:
        return exam.strftime(rng.choice(("%Y%m%d-%H%M%S", "%Y%m%d%H%M%S", "%y-%m-%d-%H%M")))
    return fill(rng.choice(words["ids"]), rng)


def _hospital(rng: Random, language: str) -> str:
    if language == "en":
        return _place(rng, rng.choice(people()["en"]["hospitals"]), language)
    if language == "zh":
        return _place(rng, rng.choice(people()["zh"]["hospitals"]), language)
    town = "".join(_latin(rng.choice(people()["zh"]["places"])))
    kinds = (
        "{} No.{} People's Hospital",
        "{} Renmin Yiyuan",
        "{} shi zhong yi yuan",
        "{} RENMIN YIYUAN",
        "{} TCM Hospital",
    )
    name = rng.choice(kinds).format(town.capitalize(), rng.randint(1, 4))
    return name.upper() if rng.random() < 0.4 else name


def _place(rng: Random, phrase: str, language: str) -> str:
    place = rng.choice(people()["zh" if language == "zh" else "en"]["places"])
    return fill(phrase.replace("{place}", place).replace("{PLACE}", place.upper()), rng)


def _latin(hanzi: str) -> list[str]:
    """Romanise without tones; ü is v, as Chinese clerks type it."""
    from pypinyin import Style, pinyin  # noqa: PLC0415 - 0.4 s, and only for Chinese names

    return [str(syllable[0]).capitalize() for syllable in pinyin(hanzi, style=Style.NORMAL)]

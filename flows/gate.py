"""The release gate: the last look at every row before it is published.

In: what the export knows about its patients, and the rows of a release. Out: nothing, or LeakError, which stops all.
Two looks: the known PHI of the row's own case in all its spellings; and, over all cases at once, long ids, phones and
full names as they stand in the table. Pictures were audited when they were masked.
Coordinates side by side spell phone numbers: of a text that is its form filled with coordinates, the form is read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from curation.text.known import find_known
from schemas.errors import LeakError
from schemas.grounded_form import PLACES, in_px

#: Ids shorter than this occur by chance.
MIN_ID_CHARS = 6
MIN_HAN_NAME = 3
_ID = re.compile(r"[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z]{2,}")
#: Columns that hold our own ids and codes; hexadecimal pseudonyms are not searched for ids.
OWN_COLUMNS = frozenset(
    {
        "case_id",
        "patient_key",
        "instance_id",
        "twin_of",
        "image_id",
        "frame_id",
        "frame_ids",
        "site",
        "sha256",
        "request_key",
        "prompt_sha256",
    }
)
#: Texts of grounded pairs, their forms, and the objects that fill these.
_FORMS = {"question": ("question_form", "shown"), "answer": ("answer_form", "objects")}


class LeakGate:
    """Looks for known PHI in the text columns of rows."""

    def __init__(self, known_phi: pa.Table) -> None:
        """``known_phi`` has case_id and known_phi of every case of the export."""
        self._of_case: dict[str, dict[str, list[str]]] = {}
        self._ids: set[str] = set()
        self._han_names: set[str] = set()
        self._latin_names: set[tuple[str, ...]] = set()
        for row in known_phi.to_pylist():
            self._of_case[row["case_id"]] = row["known_phi"]
            self._learn(row["known_phi"])

    def __call__(self, component: str, rows: pa.Table) -> None:
        """Look at rows of a release.

        Raises: LeakError naming the component and the row's pseudonymous case, never the text.
        """
        columns = [
            field.name for field in rows.schema if pa.types.is_string(field.type) and field.name not in OWN_COLUMNS
        ]
        more = {"case_id", *(objects for form, objects in _FORMS.values() if form in columns)}
        for row in rows.select([*columns, *sorted(more - set(columns))]).to_pylist():
            text = "\n".join(_texts(row, columns))
            if find_known(text, self._of_case.get(row["case_id"], {})) or self._anyone(text):
                raise LeakError(f"release stopped: known PHI found in {component} of case {row['case_id']}")

    def _learn(self, known: dict[str, list[str]]) -> None:
        for value in (*known["ids"], *known["phones"]):
            if len(value) >= MIN_ID_CHARS and any(char.isdigit() for char in value):
                self._ids.add(value.casefold())
        for name in known["names"]:
            if _HAN.fullmatch(name) and len(name) >= MIN_HAN_NAME:
                self._han_names.add(name)
            elif len(words := tuple(word.casefold() for word in _LATIN.findall(name))) > 1:
                self._latin_names |= {words, words[::-1]}

    def _anyone(self, text: str) -> bool:
        if any(match.casefold() in self._ids for match in _ID.findall(text)):
            return True
        if any(piece in self._han_names for piece in _han_pieces(text)):
            return True
        words = [word.casefold() for word in _LATIN.findall(text)]
        return any(tuple(words[i : i + size]) in self._latin_names for size in (2, 3) for i in range(len(words)))


def _texts(row: Mapping[str, Any], columns: Sequence[str]) -> Iterator[str]:
    """Give the texts of a row; a text is passed over where its form and the names in it say the same."""
    for name in columns:
        form, objects = _FORMS.get(name, ("", ""))
        if form in columns and _is_filled(row[name], row[form], row[objects]):
            yield from (one["label"] for one in row[objects])
            yield from (point["name"] for one in row[objects] for point in one["keypoints"] or ())
        elif row[name]:
            yield PLACES.sub("\n", row[name])


def _is_filled(text: str, form: str, objects: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a text is a form with computed coordinates in its places, and nothing else."""
    try:
        return in_px(form, objects) == text
    except ValueError:
        return False


def _han_pieces(text: str) -> Iterator[str]:
    for run in _HAN.findall(text):
        for size in range(MIN_HAN_NAME, MIN_HAN_NAME + 2):
            yield from (run[i : i + size] for i in range(len(run) - size + 1))

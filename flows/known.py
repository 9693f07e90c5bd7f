"""The known PHI of one row, as hospitals name it.

Flows in: a JSON object such as {"patient_name": "…", "physicians": ["…"]}. Flows out: lists by the kinds of
``schemas.case.KNOWN_PHI``, or None where it is malformed.
"""

from typing import Any

from schemas.case import KNOWN_PHI_KINDS

#: Keys of a row's known_phi -> kind. The kinds themselves are taken too.
KEYS: dict[str, str] = {
    "patient_name": "names",
    "patient_id": "ids",
    "birth_date": "dates",
    "accession_number": "ids",
    "phone": "phones",
    "address": "addresses",
    "physicians": "physicians",
    "institution": "institutions",
    **{kind: kind for kind in KNOWN_PHI_KINDS},
}
#: What a message may say about content that was refused.
EXPECTED = f"an object of texts or lists of texts; its keys are {', '.join(sorted(KEYS))}"

Known = dict[str, list[str]]


def read_known(content: Any) -> Known | None:  # noqa: ANN401 - whatever a JSON row holds
    """Collect known strings by kind; None when the object, a key or a value is not what it should be."""
    if content is None:
        content = {}
    if not isinstance(content, dict):
        return None
    known: Known = {kind: [] for kind in KNOWN_PHI_KINDS}
    for key, value in content.items():
        values = value if isinstance(value, list) else [value]
        if key not in KEYS or not all(text is None or isinstance(text, str | int | float) for text in values):
            return None
        known[KEYS[key]] += [str(text) for text in values if text is not None and str(text).strip()]
    return known

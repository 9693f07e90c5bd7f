"""Why a picture has its diagnosis, written by a model that is shown the diagnosis and computed geometry.

In: a frame's annotations and its diagnosis pair. Out: a request; then the rationale, or why it cannot be used. Every
number of a rationale must be one of the geometry, of the measure it is said of, in its unit, as exact as it is written.
Rejects: what the pool says, UNSUPPORTED_NUMBER, and of the rules of `verify`: WRONG_LANGUAGE, NAMES_SOURCE,
RESIDUAL_PHI, REFUSED_ANSWER, CONTRADICTED_NATURE, UNSUPPORTED_GRADE, UNSAFE_ADVICE.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from curation.generate.fence import fenced, plain
from curation.generate.request import Answer, Failure, Message, Picture, Request, content_sha256
from curation.ground.numbers import numbers_agree
from curation.ground.pairs import Means, askable, written
from curation.verify.check import check
from curation.verify.claims import Case
from curation.verify.verify import REASONS
from schemas.case import Language
from schemas.grounding import Role
from schemas.reject import RejectReason

Row = Mapping[str, Any]
PURPOSE = "rationale"
_RULES = frozenset({"nature", "grades", "wording", "advice"})


def facts_of(frame: Row, language: Language, means: Means) -> str:
    """List what is known of a frame: its diagnosis, its objects, their geometry in units of the world."""
    lines = []
    for row in frame["annotations"]:
        said = means.words.say(row["label"], language)
        if row["role"] == Role.DIAGNOSIS.value:
            lines.append(f"{'类别' if language is Language.ZH else 'category'}: {said}")
            continue
        found = [f"{means.words.say(one['name'], language)} {written(one)}" for one in askable(row)]
        lines.append(f"{said}: {', '.join(found)}" if found else said)
    return "\n".join(lines)


def request_of(frame: Row, language: Language, means: Means, picture: bytes | None) -> Request:
    """Ask for the rationale of a frame; an endpoint that cannot see gets the facts alone."""
    prompt = means.prompts.rationale.text(language)
    text = prompt.user.replace("{data}", fenced(facts_of(frame, language, means)))
    content = (Picture(picture), text) if picture else text
    return Request(
        messages=(Message("system", prompt.system), Message("user", content)),
        max_tokens=means.config.max_tokens,
        temperature=0.0,
        seed=means.config.seed,
        prompt_sha256=content_sha256(prompt.model_dump()),
        purpose=PURPOSE,
        whole=True,
        blind_ok=True,
    )


def read_rationale(outcome: Answer | Failure, facts: str, question: str, language: Language) -> str | RejectReason:
    """Check what a model wrote; gives the rationale, or why it is none."""
    if isinstance(outcome, Failure):
        return outcome.reason
    text = " ".join(plain(outcome.text).split())
    if not text:
        return RejectReason.EMPTY_ANSWER
    if not numbers_agree(text, facts):
        return RejectReason.UNSUPPORTED_NUMBER
    broken = check(Case(language, facts, question, text), _RULES)
    if broken:
        return REASONS[min((one.rule for one in broken), key=list(REASONS).index)]
    return text


def spoken(rows: Sequence[Row]) -> bool:
    """Tell whether a frame has something to explain: a diagnosis, and an object."""
    return {Role.DIAGNOSIS.value, Role.OBJECT.value} <= {row["role"] for row in rows}

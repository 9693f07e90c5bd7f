"""Captions: code draws the instruction, a model writes one sentence about what the key frames show.

In: a ``Case`` and its frames. Out: a request, and from its answer a caption or a ``Failure``.
Source: task "caption" of the EchoVLM repository. Numbers that are not in the report are left to the verify stage.
"""

import re

from curation.generate.case import Case, draw
from curation.generate.parse import text_of
from curation.generate.prompts.compose import DATA, Turn, compose
from curation.generate.prompts.phrasing import Phrasing
from curation.generate.prompts.texts import TaskPrompt
from curation.generate.request import Answer, Failure, Request, content_sha256
from schemas.case import Language
from schemas.config import Generate
from schemas.reject import RejectReason

MAX_CHARS = {Language.EN: 300, Language.ZH: 100}
_LABEL = re.compile(r"^\W*(?:caption|description|图像描述|描述)\s*[:：]\s*", re.IGNORECASE)


def caption_request(case: Case, prompt: TaskPrompt, config: Generate) -> Request:
    """Ask for the caption of a case."""
    return Request(
        messages=compose(prompt, (), Turn({DATA: case.text}), case.language),
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        seed=config.seed,
        prompt_sha256=content_sha256(prompt.model_dump()),
        purpose="caption",
    )


def caption_question(case: Case, phrasing: Phrasing, number: int, config: Generate) -> str:
    """Draw the instruction that the caption answers."""
    drawn = draw(config.seed, case.case_id, "caption", number)
    return phrasing.pick(case.language, drawn, images=len(case.frame_ids[: config.max_images_per_pair]))


def read_caption(answer: Answer, language: Language) -> str | Failure:
    """Read one caption.

    Rejects: those of ``text_of``, MALFORMED_ANSWER for more than a caption.
    """
    text = text_of(answer, language)
    if isinstance(text, Failure):
        return text
    caption = _LABEL.sub("", text).strip()
    if not caption or "\n" in caption or len(caption) > MAX_CHARS[language]:
        return Failure(RejectReason.MALFORMED_ANSWER, "the model did not write one caption")
    return caption

"""Open-ended pairs: a model writes question and answer by example, about a report it is shown as data.

In: a ``Case`` and a topic. Out: a request, and from its answer a pair or a ``Failure``.
Source: EchoVLM Appendix A (open-ended: questions and answers by example, five topics). Numbers that are not in the
report are left to the verify stage.
"""

from collections.abc import Sequence

from curation.generate.case import Case
from curation.generate.fence import clinical, fenced
from curation.generate.prompts.base import ByLanguage
from curation.generate.prompts.few_shot import TOPICS, Template, TemplateText, Topic
from curation.generate.prompts.texts import OpenPrompt
from curation.generate.request import Message, Request, content_sha256
from schemas.case import Language
from schemas.config import Generate


def open_request(
    case: Case, topic: Topic, templates: Sequence[Template], prompt: OpenPrompt, config: Generate
) -> Request:
    """Ask for a pair on a topic: each template is one worked example, the case comes last."""
    texts = [template.text(case.language) for template in templates]
    messages = [Message("system", prompt.system)]
    for text in texts:
        pair = text.about(topic)
        messages.append(_turn(text.report, topic, prompt))
        messages.append(Message("assistant", prompt.assistant.format(question=pair.question, answer=pair.answer)))
    messages.append(_turn(clinical(case.text, case.language), topic, prompt))
    return Request(
        messages=tuple(messages),
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        seed=config.seed,
        prompt_sha256=_version(prompt, texts, topic),
        purpose="open",
    )


def versions_of(templates: Sequence[Template], prompts: ByLanguage[OpenPrompt]) -> dict[str, tuple[str, Topic]]:
    """Tell of every prompt version that pairs are written by now: which template it shows, and on which topic."""
    return {
        _version(prompts.text(language), [template.text(language)], topic): (template.template_id, topic)
        for template in templates
        for language in Language
        for topic in TOPICS
    }


def _version(prompt: OpenPrompt, texts: Sequence[TemplateText], topic: Topic) -> str:
    return content_sha256([prompt.model_dump(), [text.model_dump() for text in texts], topic])


def _turn(report: str, topic: Topic, prompt: OpenPrompt) -> Message:
    return Message("user", prompt.user.format(data=fenced(report), topic=prompt.topics[topic]))

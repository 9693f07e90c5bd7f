"""Key frames in a request: what a model with vision is asked to look at.

In: a request and the masked key frames of its case. Out: the request with the frames before its last text.
"""

from collections.abc import Mapping
from dataclasses import replace

from curation.generate.case import Case
from curation.generate.request import Message, Picture, Request
from schemas.config import Generate


def shown(case: Case, request: Request, frames: Mapping[str, bytes], config: Generate) -> Request:
    """Show the frames that the pair is about; endpoints without vision get the request without them."""
    pictures = [Picture(frames[name]) for name in case.frame_ids[: config.max_images_per_pair] if name in frames]
    last = request.messages[-1]
    if not pictures or not isinstance(last.content, str):
        return request
    messages = (*request.messages[:-1], Message(last.role, (*pictures, last.content), last.more))
    return replace(request, messages=messages, blind_ok=True)

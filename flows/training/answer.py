"""`sonocurate train answer`: an exported model answers the test split of a release.

Flows in: a model's folder, a suite. Flows out: a JSONL file of answers, as `bench run` writes one; it appears when it
is whole.
"""

import json
from pathlib import Path

from benchmark.ask.requests import prompt_of
from benchmark.read.faults import Faults
from flows.benchmark.tasks import Source, items_of
from flows.progress import Track
from schemas.errors import ConfigError
from training.answer import Answerer, Asked, answers


def answer_suite(model: Path, out: Path, *, suite: str, release: str, root: Path | None, max_tokens: int) -> str:
    """Answer every item of a suite once.

    Raises: ConfigError when the model or the release cannot be read, or the file exists.
    """
    if out.exists():
        raise ConfigError(f"{out} exists: name a new file")
    source = Source(suite, None, release, root)
    total = sum(1 for _ in items_of(source, Faults(), keep_images=False)[1])
    kind, items = items_of(source, Faults(), keep_images=True)
    answerer = Answerer(model)
    asked = (Asked(item.item_id, prompt_of(item, kind), item.images) for item in items)
    aside, count = out.with_name(f".{out.name}.unfinished"), 0
    try:
        with (
            Track("train answer", total, unit="items") as track,
            aside.open("w", encoding="utf-8", newline="\n") as file,
        ):
            for row in answers(answerer, asked, model.resolve().name, max_tokens):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += row["answer"] is not None
                track.advance()
        aside.replace(out)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}") from None
    finally:
        aside.unlink(missing_ok=True)
    return f"wrote {out}: {count} of {total} items of suite {kind.value} answered"

"""Cut many texts, in several processes where there are many.

In: texts and a function that cuts one. Out: tokens of each; equal texts are cut once.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Cut = TypeVar("Cut")

#: Fewer distinct texts than this are cut here: a process costs more.
_WORTH_A_PROCESS = 4000
_CHUNK = 500


def cut_all(texts: Sequence[str], cut: Callable[[str], list[Cut]], workers: int = 1) -> list[list[Cut]]:
    """Cut texts."""
    distinct = list(dict.fromkeys(texts))
    if workers > 1 and len(distinct) >= _WORTH_A_PROCESS:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            cuts = list(pool.map(cut, distinct, chunksize=_CHUNK))
    else:
        cuts = [cut(text) for text in distinct]
    known = dict(zip(distinct, cuts, strict=True))
    return [known[text] for text in texts]

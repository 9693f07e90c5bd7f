"""WebDataset: tar shards whose members share a key without dots: 000001.png + 000001.json.

The first picture is KEY.png, further ones KEY.1.png, KEY.2.png, …; ``images`` of the JSON lists these endings in order.
A pair without pictures has a JSON only. Time and owner of every member are zero: the same rows give the same bytes.
Source: WebDataset, "The WebDataset Format".
"""

import tarfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, BinaryIO

from warehouse.export.layout import Call, Example, Layout, json_line, readme


def members_of(example: Example) -> Iterator[tuple[str, bytes]]:
    """Give name and content of every member of an example."""
    key = f"{example.number:09d}"
    endings = ["png", *(f"{number}.png" for number in range(1, len(example.pictures)))][: len(example.pictures)]
    for ending, picture in zip(endings, example.pictures, strict=True):
        yield f"{key}.{ending}", picture.data or b""
    row: dict[str, Any] = {**example.pair, "images": endings}
    yield f"{key}.json", json_line(row)


def _write(stream: BinaryIO, batches: Iterator[list[Example]], _call: Call) -> None:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
        for example in (example for batch in batches for example in batch):
            for name, content in members_of(example):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                member.mode = 0o600
                tar.addfile(member, BytesIO(content))


def _file(call: Call, split: str, part: int, _parts: int) -> str:
    return f"{call.release}-{split}-{part:06d}.tar"


def _extras(call: Call, splits: Sequence[str]) -> dict[str, str]:
    lines = ["```python", "import glob, webdataset as wds"]
    lines += [f'shards = sorted(glob.glob("{call.release}-{splits[0]}-*.tar"))']
    lines += ['pairs = wds.WebDataset(shards, shardshuffle=False).decode("pil")', "```"]
    return {"README.md": readme(call, lines)}


LAYOUT = Layout(
    rows_per_part=1000,
    file=_file,
    write=_write,
    extras=_extras,
)

r"""Where the masks of usual public data sets lie beside their pictures.

In: the folder of a source. Out: a ``MaskReader``, pictures by their path below the folder.
Sources: BUSI (Al-Dhabyani 2020): ``benign/benign (1).png``, ``benign (1)_mask.png``, ``benign (1)_mask_1.png``; TN3K
(Gong 2021): ``trainval-image/0001.jpg``, ``trainval-mask/0001.jpg``; DDTI (Pedraza 2015): ``1_1.jpg`` with outlines in
``1.xml``, or ``p_image/1.PNG`` and ``p_mask/1.PNG``; HC18 (van den Heuvel 2018): ``000_HC.png`` with an outline in
``000_HC_Annotation.png``, a table of pixel sizes; CAMUS (Leclerc 2019) as pictures:
``patient0001/patient0001_2CH_ED.png`` and ``…_ED_gt.png`` with 1 cavity, 2 myocardium, 3 atrium.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from curation.ground.read.folders import MaskFile, MaskReader
from curation.ground.read.raw import PixelSize, number_of
from curation.ground.read.table import rows_of

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"})
_BUSI_MASK = re.compile(r"(?P<stem>.+)_mask(?:_\d+)?$")
_HC18_MASK = re.compile(r"(?P<stem>\d+(?:_\d*HC|_HC).*)_Annotation$")
_CAMUS_MASK = re.compile(r"(?P<stem>.+_(?:ED|ES))_gt$")
CAMUS = {"1": "left ventricle", "2": "myocardium", "3": "left atrium"}


def busi(folder: Path) -> MaskReader:
    """Read masks beside pictures; the folder names the diagnosis. Masks of normal pictures are empty: no objects."""
    pictures, masks = _beside(folder, _BUSI_MASK)
    normal = {image for image in pictures if image.partition("/")[0].casefold() == "normal"}
    named = ((image, MaskFile(path, "lesion")) for image, path in masks if image not in normal)
    labels = {image: image.partition("/")[0] for image in pictures if "/" in image}
    return MaskReader(named, labels, more=[path for _, path in masks])


def tn3k(folder: Path) -> MaskReader:
    """Read ``…-mask`` folders beside ``…-image`` folders."""
    return MaskReader(
        (image, MaskFile(path, "thyroid nodule")) for image, path in _twin_folders(folder, "image", "mask")
    )


def ddti(folder: Path) -> MaskReader:
    """Read ``p_mask`` beside ``p_image``; each connected part is a nodule."""
    pairs = _twin_folders(folder, "image", "mask")
    return MaskReader((image, MaskFile(path, "thyroid nodule", parts=True)) for image, path in pairs)


def hc18(folder: Path) -> MaskReader:
    """Read outlines of heads, and the pixel sizes of ``*pixel_size*.csv``."""
    _, masks = _beside(folder, _HC18_MASK)
    tables = sorted(folder.rglob("*pixel_size*.csv"))
    sizes: dict[str, PixelSize] = {}
    for table in tables:
        base = table.parent.relative_to(folder)
        names = {name: image for image, _ in masks if (name := Path(image).name)}
        for row in rows_of(table, named=folder / "*pixel_size*.csv"):
            size = number_of(next((row[key] for key in row if key.startswith("pixel size")), None))
            image = names.get(row.get("filename", ""), (base / row.get("filename", "")).as_posix())
            if size and size > 0:
                sizes[image] = (size, size)
    named = ((image, MaskFile(path, "fetal head", outline=True)) for image, path in masks)
    return MaskReader(named, sizes=sizes, more=tables)


def camus(folder: Path) -> MaskReader:
    """Read indexed masks of the heart."""
    _, masks = _beside(folder, _CAMUS_MASK)
    return MaskReader((image, MaskFile(path, values=CAMUS)) for image, path in masks)


def masks(folder: Path, name: str | None, values: Mapping[str, str], *, parts: bool) -> MaskReader:
    """Read a folder that mirrors the pictures: ``STEM.png``, ``STEM_CLASS.png`` or ``CLASS/STEM.png``.

    A mask belongs to the picture of its own path without suffix; with ``name`` or ``values`` that is all of it, else
    its first folder, or what follows the last ``_`` of its name, is the category.
    """
    found = []
    for path in _pictures(folder):
        own = path.relative_to(folder)
        stem = own.with_suffix("").as_posix()
        if name is None and not values:
            first, _, rest = stem.partition("/")
            stem, category = (rest, first) if rest else (stem.rpartition("_")[0], stem.rpartition("_")[2])
            found.append((stem, MaskFile(path, category, parts=parts)))
        else:
            found.append((stem, MaskFile(path, name, values, parts=parts)))
    return MaskReader(found)


def _pictures(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURES and path.is_file())


def _beside(folder: Path, is_mask: re.Pattern[str]) -> tuple[list[str], list[tuple[str, Path]]]:
    """Part the pictures of a folder from the masks that lie beside them; (picture, mask) where the picture is there."""
    pictures, found = {}, []
    for path in _pictures(folder):
        if match := is_mask.fullmatch(path.stem):
            found.append((path, (path.parent / match["stem"]).relative_to(folder).as_posix()))
        else:
            pictures[path.relative_to(folder).with_suffix("").as_posix()] = path.relative_to(folder).as_posix()
    return sorted(pictures.values()), [(pictures.get(stem, stem), path) for path, stem in found]


def _twin_folders(folder: Path, image: str, mask: str) -> Iterator[tuple[str, Path]]:
    """Pair the files of folders that are called alike but for the words image and mask."""
    pictures = {
        p.relative_to(folder).with_suffix("").as_posix(): p.relative_to(folder).as_posix() for p in _pictures(folder)
    }
    for stem, path in pictures.items():
        parent, _, name = stem.rpartition("/")
        if mask in parent:
            twin = f"{parent.replace(mask, image)}/{name}"
            yield pictures.get(twin, twin), folder / path

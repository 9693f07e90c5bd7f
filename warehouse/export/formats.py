"""Every format, and for each the ways that its pictures may travel: the first is the default."""

from schemas.errors import ConfigError
from warehouse.export import coco, grounded, hf, llama_factory, llava, lmms_eval, ms_swift, vlmevalkit, webdataset
from warehouse.export.layout import Layout

FORMATS: dict[str, dict[str, Layout]] = {
    "hf": {"embed": hf.EMBED, "files": hf.FILES},
    "ms-swift": {"files": ms_swift.LAYOUT},
    "llama-factory": {"files": llama_factory.LAYOUT},
    "llava": {"files": llava.LAYOUT},
    "webdataset": {"embed": webdataset.LAYOUT},
    "vlmevalkit": {"embed": vlmevalkit.EMBED, "files": vlmevalkit.FILES},
    "lmms-eval": {"embed": lmms_eval.LAYOUT},
    "ms-swift-grounded": {"files": grounded.SWIFT},
    "qwen2-vl": {"files": grounded.QWEN},
    "coco": {"files": coco.LAYOUT},
}


def choose(name: str, images: str | None) -> tuple[str, Layout]:
    """Choose how the pictures travel, and the layout.

    Raises: ConfigError for a format that does not exist or does not travel like this.
    """
    ways = FORMATS.get(name)
    if ways is None:
        raise ConfigError(f"--format must be one of {', '.join(FORMATS)}")
    way = images or next(iter(ways))
    if way not in ways:
        raise ConfigError(f"--images {way}: format {name} takes {' or '.join(ways)}")
    return way, ways[way]

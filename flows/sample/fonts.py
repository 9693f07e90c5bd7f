"""Fonts of invented consoles: Noto Sans SC / Noto Serif SC (package ``pylopdf_fonts_zh_cn``) and Pillow's own.

In: a name. Out: the bytes of a font file, the same on every machine.
"""

import importlib.util
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from schemas.errors import ConfigError

#: Fonts with Chinese characters.
NOTO = {"sans": "NotoSansSC-Regular.otf", "serif": "NotoSerifSC-Regular.otf"}


@lru_cache(maxsize=4)
def font_bytes(font: str) -> bytes:
    """Read a font: ``plain`` is Pillow's, ``sans`` and ``serif`` are Noto with Chinese.

    Raises: ConfigError where the font package is not installed.
    """
    if font == "plain":
        built_in = ImageFont.load_default(12)
        if isinstance(built_in, ImageFont.FreeTypeFont):
            return bytes(built_in.font_bytes)
        font = "sans"
    spec = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("invented consoles need Chinese fonts: pip install pylopdf-fonts-zh-cn")
    return (Path(spec.submodule_search_locations[0]) / NOTO[font]).read_bytes()

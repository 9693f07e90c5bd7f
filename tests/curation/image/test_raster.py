"""Every kind of pixel that Pillow writes, through the real decoders and the masking."""

import numpy as np
import pytest
from PIL import Image

from curation.image.decode import decode
from curation.image.errors import DecodeError
from curation.image.overlay import Tools, masked_frames
from schemas.region import TextRegion
from tests.curation.image.fakes import LIMITS, ScriptedOcr
from tests.curation.image.test_properties import CONFIG, KNOWN, SECRET, check_masking

GREY = np.add.outer(np.arange(48) * 3, np.arange(64) * 2).astype(np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=2)
CLEAR = np.full_like(GREY, 0)
CMYK = np.dstack([COLOUR, GREY])
PALETTE = Image.fromarray(COLOUR).quantize(200)
SOURCES = {
    "grey": (Image.fromarray(GREY), np.dstack([GREY] * 3)),
    "grey and alpha": (Image.fromarray(np.dstack([GREY, CLEAR])), np.dstack([GREY] * 3)),
    "colour": (Image.fromarray(COLOUR), COLOUR),
    "colour and alpha": (Image.fromarray(np.dstack([COLOUR, CLEAR])), COLOUR),
    "cmyk": (Image.fromarray(CMYK, "CMYK"), np.asarray(Image.fromarray(CMYK, "CMYK").convert("RGB"))),
    "palette": (PALETTE, np.asarray(PALETTE.getpalette(), np.uint8).reshape(-1, 3)[np.asarray(PALETTE)]),
    "16 bits": (Image.fromarray(GREY.astype(np.uint16) * 257), np.dstack([GREY] * 3)),
    "1 bit": (Image.fromarray(GREY > 99), np.dstack([np.where(GREY > 99, 255, 0).astype(np.uint8)] * 3)),
}
KINDS = {
    "png": ["grey", "grey and alpha", "colour", "colour and alpha", "palette", "16 bits", "1 bit"],
    "tif": ["grey", "grey and alpha", "colour", "colour and alpha", "cmyk", "palette", "16 bits", "1 bit"],
    "bmp": ["grey", "colour", "colour and alpha", "palette", "1 bit"],
    "jpg": ["grey", "colour", "cmyk"],
}


@pytest.mark.parametrize(("suffix", "kind"), [(suffix, kind) for suffix, kinds in KINDS.items() for kind in kinds])
def test_what_is_not_masked_is_bit_identical_through_the_decoders(suffix, kind, tmp_path, capfd, caplog):
    image, expected = SOURCES[kind]
    path = tmp_path / f"{SECRET}.{suffix}"
    caplog.set_level("DEBUG")
    image.save(path, **({"quality": 95} if suffix == "jpg" else {}))
    source = decode(path, **LIMITS)
    pixels = source.frame(0)
    if suffix != "jpg":
        assert (pixels == expected).all()
    name = TextRegion((100, 200, 400, 330), SECRET, 0.9)
    [out] = masked_frames(source, [0], KNOWN, Tools(ScriptedOcr([name]), CONFIG))
    check_masking(pixels, out.pixels, out.decisions)
    assert not out.pixels[24:30, 12:38].any()
    assert (out.pixels[-8:] == pixels[-8:]).all()
    assert capfd.readouterr() == ("", "")
    assert "arathustra" not in caplog.text


def test_float_levels_that_are_no_numbers_are_an_error(tmp_path):
    levels = np.full((40, 40), 9, np.float32)
    levels[3, 3] = np.nan
    Image.fromarray(levels).save(tmp_path / "a.tif")
    with pytest.raises(DecodeError):
        decode(tmp_path / "a.tif", **LIMITS).frame(0)


def test_tags_of_a_file_are_in_no_log_line(tmp_path, caplog):
    caplog.set_level("DEBUG")
    Image.fromarray(COLOUR).save(tmp_path / "a.tif", description=SECRET)
    caplog.clear()
    decode(tmp_path / "a.tif", **LIMITS).frame(0)
    assert caplog.text == ""

"""The display mode: what the header says, what stands on the screen, what pixels show."""

import numpy as np
import pytest

from curation.image.modality import is_coloured, modality_of
from curation.image.regions import ScanRegion
from tests.curation.image.fakes import speckle

BOX = (0, 0, 100, 100)
GREY = np.repeat(speckle()[:, :, :1], 3, axis=2)
B, COLOR, SPECTRAL, M = (ScanRegion(BOX, *kinds) for kinds in ((1, 1), (1, 2), (3, 3), (2, 1)))


def patch(pixels, x0, y0, x1, y1, rgb=(220, 30, 40)):
    out = pixels.copy()
    out[y0:y1, x0:x1] = rgb
    return out


@pytest.mark.parametrize(
    ("regions", "image_type", "texts", "mode"),
    [
        ([B], (), (), ("b_mode", "regions")),
        ([B, COLOR], (), (), ("color", "regions")),
        ([B, SPECTRAL], (), ("PW",), ("spectral", "regions")),
        ([B, M], (), (), ("m_mode", "regions")),
        ([B, SPECTRAL], (), ("TDI 3.5 MHz",), ("tissue_doppler", "text")),
        ([B], (), ("TDI",), ("b_mode", "regions")),
        ([], ("ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"), (), ("b_mode", "image_type")),
        ([], ("ORIGINAL", "PRIMARY", "VASCULAR", "0011"), (), ("color", "image_type")),
        ([], ("ORIGINAL", "PRIMARY", "VASCULAR", "0019"), (), ("spectral", "image_type")),
        ([], ("ORIGINAL", "PRIMARY", "TTE", "0002"), (), ("m_mode", "image_type")),
        ([], ("ORIGINAL", "PRIMARY", "TTE", "0008"), ("组织多普勒",), ("tissue_doppler", "text")),
        ([], ("ORIGINAL", "PRIMARY"), ("M-Mode",), ("m_mode", "text")),
        ([], (), ("PW", "Gain 60"), ("spectral", "text")),
        ([], (), ("Power 90 %",), ("b_mode", "pixels")),
    ],
)
def test_the_first_that_tells_decides(regions, image_type, texts, mode):
    assert modality_of(regions, image_type, texts, GREY) == mode


def test_pixels_tell_colour_from_grey_and_from_a_colour_bar():
    h, w = GREY.shape[:2]
    assert not is_coloured(GREY)
    assert is_coloured(patch(GREY, w // 3, h // 3, w // 3 + w // 8, h // 3 + h // 8))
    assert not is_coloured(patch(GREY, w - w // 30, 0, w, h // 2))
    assert not is_coloured(patch(GREY, 5, 5, 9, 9))
    assert modality_of([], (), (), patch(GREY, 10, 10, 10 + w // 4, 10 + h // 4)) == ("color", "pixels")
    assert not is_coloured(np.zeros_like(GREY))

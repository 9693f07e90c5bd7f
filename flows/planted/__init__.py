"""RULER: synthetic console screens with invented PHI and exactly known ink, to measure the masking rules.

Written apart from the masking rules: nothing here reads them, and nothing there may read this.
"""

from flows.planted.cine import CINE_VARIANTS, Cine, draw_cine
from flows.planted.draw import LAYOUTS, draw_frame
from flows.planted.frame import Box, Planted, PlantedFrame
from flows.planted.plant import plant_on

__all__ = [
    "CINE_VARIANTS",
    "LAYOUTS",
    "Box",
    "Cine",
    "Planted",
    "PlantedFrame",
    "draw_cine",
    "draw_frame",
    "plant_on",
]

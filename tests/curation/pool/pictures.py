import io

import numpy as np
from PIL import Image


def png(width, height):
    """A picture with a slope in it."""
    pixels = np.linspace(0, 255, width * height * 3).reshape(height, width, 3).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()

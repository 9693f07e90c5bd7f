import base64
import io

import pytest
from PIL import Image

from curation.generate.request import Picture
from curation.pool.images import UnreadableImageError, check_picture, data_url, fitted
from schemas.endpoint import MAX_PATCHES, PATCH_PX, Endpoint
from tests.curation.pool.pictures import png

BUDGET_PX = MAX_PATCHES * PATCH_PX**2


@pytest.mark.parametrize(
    "size", [(1, 1), (28, 28), (392, 392), (1024, 768), (768, 1024), (4000, 3000), (9000, 40), (10, 20_000)]
)
def test_sides_are_multiples_and_the_area_is_within_the_budget(size):
    width, height = fitted(*size, multiple=PATCH_PX, max_px=BUDGET_PX)
    assert width % PATCH_PX == height % PATCH_PX == 0
    assert 0 < width * height <= BUDGET_PX
    if max(size) / min(size) < 3 and min(size) > 100:
        assert width / height == pytest.approx(size[0] / size[1], rel=0.08)
        assert width * height > 0.8 * min(BUDGET_PX, size[0] * size[1])


def test_a_data_url_is_a_png_of_that_size_without_metadata():
    endpoint = Endpoint(name="a", base_url="http://127.0.0.1/v1", model="m", capabilities=("vision",))
    url = data_url(Picture(png(800, 600)), endpoint)
    image = Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,"))))
    assert image.size == fitted(800, 600, multiple=28, max_px=BUDGET_PX)
    assert image.info == {}


def test_bytes_that_are_no_image_are_told():
    for raw in (b"", b"GIF89a", png(50, 50)[:60]):
        with pytest.raises(UnreadableImageError):
            data_url(Picture(raw), Endpoint(name="a", base_url="http://127.0.0.1/v1", model="m"))
    check_picture(Picture(png(50, 50)))

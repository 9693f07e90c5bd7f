import numpy as np

from curation.image.cine import Seen, key_frames, same_text
from tests.curation.image.consoles import load_font

WHOLE = (0, 0, 320, 240)


def tissue(seed, rows=240, cols=320):
    noise = np.random.default_rng(seed).gamma(2.0, 22.0, (rows // 4, cols // 4)).clip(0, 255).astype(np.uint8)
    return np.repeat(np.kron(noise, np.ones((4, 4), dtype=np.uint8))[..., None], 3, axis=2)


def write(pixels, text, at, size=14, fill=(230, 230, 230)):
    from PIL import Image, ImageDraw

    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).text(at, text, font=load_font(size, True), fill=fill)
    return np.asarray(image).copy()


def test_key_frames_are_the_middles_of_equal_parts():
    assert key_frames(1, 2) == [0]
    assert key_frames(10, 2) == [2, 7]
    assert key_frames(2, 9) == [0, 1]


def test_the_first_frame_is_new_and_the_same_frame_is_not():
    seen = Seen()
    assert seen.find_new(tissue(1), ())
    seen.add(tissue(1), [WHOLE])
    assert not seen.find_new(tissue(1), ())


def test_moving_tissue_is_not_new_text():
    seen = Seen()
    seen.add(tissue(1), [WHOLE])
    assert not any(seen.find_new(np.roll(tissue(1), shift, axis=0), ()) for shift in range(1, 4))


def test_new_text_is_found_on_ground_and_on_tissue_in_any_colour():
    seen = Seen()
    ground = tissue(1) // 2
    ground[:40] = 0
    seen.add(ground, [WHOLE])
    for at in ((10, 8), (90, 150)):
        for fill in ((230, 230, 230), (240, 220, 80), (90, 200, 240)):
            assert seen.find_new(write(ground, "王伟", at, fill=fill), ())
            assert seen.find_new(write(ground, "Li Wei", at, fill=fill), ())
    light = np.full_like(ground, 200)
    seen = Seen()
    seen.add(light, [WHOLE])
    assert seen.find_new(write(light, "Li Wei", (10, 8), fill=(20, 20, 20)), ())


def test_new_ink_is_placed_and_only_its_part_counts_as_read():
    seen = Seen()
    ground = np.zeros((240, 320, 3), dtype=np.uint8)
    seen.add(ground, [WHOLE])
    both = write(write(ground, "Li Wei", (10, 8)), "LIVER", (230, 210))
    first, second = sorted(seen.find_new(both, ()), key=lambda box: box[1])
    assert first[:2] == (0, 0)
    assert first[2] < 160
    assert second[0] > 160
    assert second[3] == 240
    seen.add(both, [first])
    assert seen.find_new(both, ()) == [second]
    seen.add(both, [second])
    assert seen.find_new(both, ()) == []


def test_change_in_a_known_box_is_left_to_the_reader_of_that_box():
    seen = Seen()
    ground = np.zeros((240, 320, 3), dtype=np.uint8)
    seen.add(ground, [WHOLE])
    assert not seen.find_new(write(ground, "Li Wei", (10, 8)), [(0, 0, 120, 40)])


def test_same_text_ignores_moving_ground_and_sees_other_letters():
    first, second = (np.roll(tissue(3, 24, 160) // 3, shift, axis=1) for shift in (0, 2))
    assert same_text(write(first, "LIVER", (4, 2)), write(second, "LIVER", (4, 2)))
    assert not same_text(write(first, "LI WEI", (4, 2)), write(first, "LIVER", (4, 2)))
    assert not same_text(write(first, "LIVER LI", (4, 2)), write(first, "LIVER", (4, 2)))
    assert not same_text(first, write(first, "LIVER", (4, 2)))

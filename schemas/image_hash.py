"""Perceptual hashes of published frames, and frames that look alike."""

import pyarrow as pa

#: Table `frame_hashes`: one row per content of a frame.
FRAME_HASH = pa.schema(
    [
        pa.field("sha256", pa.string(), False, {"comment": "of the PNG bytes of a frame"}),
        pa.field("dhash", pa.int64(), False, {"comment": "difference hash, 64 bits as a signed number"}),
        pa.field("phash", pa.int64(), False, {"comment": "frequency hash, 64 bits as a signed number"}),
    ]
)

#: What is reported of frames that look alike.
NEAR_FRAME = pa.schema(
    [
        pa.field("frame_id", pa.string(), False, {"comment": "frame"}),
        pa.field("like", pa.string(), False, {"comment": "earliest frame that it looks like"}),
        pa.field("same_case", pa.bool_(), False, {"comment": "both are of one case"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code of the frame"}),
        pa.field("dhash_bits", pa.int32(), False, {"comment": "bits in which the difference hashes differ"}),
        pa.field("phash_bits", pa.int32(), False, {"comment": "bits in which the frequency hashes differ"}),
    ]
)

"""Pictures of annotations over masked frames: a few in the quality report, and for reviewers of grounded pairs.

Flows in: tables `annotations` and `images`. Flows out: JPEG, or HTML with the pictures inside.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.ground.overlay import overlay
from schemas.grounding import Role
from warehouse.shards import Source
from warehouse.tables import Tables

SHOWN, LONGEST_PX, JPEG_QUALITY = 12, 480, 90


def annotated_figures(tables: Tables) -> Iterator[str]:
    """Give a section with a few annotated frames, spread over all of them; nothing where there are none."""
    frames = sorted(
        tables.read("annotations", ["frame_id"], pc.field("role") == Role.OBJECT.value)["frame_id"].unique().to_pylist()
    )
    if not frames:
        return
    chosen = frames[:: -(-len(frames) // SHOWN)]
    yield "<h2>Annotations over masked frames</h2>"
    yield f"<p class=note>{len(frames)} frames have annotated objects; {len(chosen)} are shown. Contours are blue, "
    yield "boxes yellow, keypoints pink.</p>"
    rows = annotations_of(tables, chosen)
    for frame_id, picture in overlays(tables, chosen, LONGEST_PX).items():
        data = base64.b64encode(picture).decode()
        labels = ", ".join(sorted({row["label"] for row in rows[frame_id]}))
        caption = f"{escape(frame_id)}: {escape(labels)}"
        yield f'<figure><img src="data:image/jpeg;base64,{data}" alt="{caption}">'
        yield f"<figcaption>{caption}</figcaption></figure>"


def annotations_of(tables: Tables, frame_ids: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
    """Read the annotations of frames, in their order."""
    wanted = pc.field("frame_id").isin(pa.array(frame_ids, pa.string()))
    columns = ["annotation_id", "frame_id", "label", "bbox_xyxy_px", "polygon_px", "keypoints"]
    found: dict[str, list[Mapping[str, Any]]] = {frame_id: [] for frame_id in frame_ids}
    for row in tables.read("annotations", columns, wanted).sort_by("annotation_id").to_pylist():
        found[row["frame_id"]].append(row)
    return found


def overlays(tables: Tables, frame_ids: Sequence[str], longest_px: int) -> dict[str, bytes]:
    """Draw the annotations of published frames as JPEG, by id of the frame."""
    source, rows = Source(tables, "images", "frame_id"), annotations_of(tables, frame_ids)
    there = sorted(set(frame_ids) & set(source.ids().to_pylist()))
    found = {}
    for one in source.rows(there, ["frame_id", "image"]).to_pylist():
        decoded = cv2.imdecode(np.frombuffer(one["image"]["bytes"], np.uint8), cv2.IMREAD_COLOR)
        pixels = np.ascontiguousarray(np.asarray(decoded, np.uint8)[..., ::-1])
        drawn = overlay(pixels, rows[one["frame_id"]], longest_px)
        found[one["frame_id"]] = _jpeg(drawn)
    return found


def _jpeg(pixels: Any) -> bytes:  # noqa: ANN401 - uint8[H, W, 3] RGB
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError("JPEG encoding failed")
    return bytes(data.tobytes())

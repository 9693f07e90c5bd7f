"""Who was forgotten, and where releases went: what erasure needs to know for good.

Source: GDPR article 17 (erasure) and 19 (tell the recipients); PIPL article 47.
"""

import pyarrow as pa

#: Table `forgotten`: pseudonyms only, so that the patient stays out when the export is read again.
FORGOTTEN = pa.schema(
    [
        pa.field("patient_key", pa.string(), False, {"comment": "keyed pseudonym of the patient"}),
        pa.field("site", pa.string(), False, {"comment": "hospital code"}),
        pa.field("case_ids", pa.list_(pa.string()), False, {"comment": "keyed pseudonyms of the patient's cases"}),
        pa.field("forgotten_at", pa.timestamp("us", tz="UTC"), False, {"comment": "when it was asked for"}),
    ]
)

#: Table `exports`: one row per export of a release, to be recalled when the release is withdrawn.
EXPORT = pa.schema(
    [
        pa.field("release", pa.string(), False, {"comment": "name of the release"}),
        pa.field("format", pa.string(), False, {"comment": "format of the export"}),
        pa.field("folder", pa.string(), False, {"comment": "where it was written"}),
        pa.field("content_sha256", pa.string(), False, {"comment": "content hash of the release"}),
        pa.field("site", pa.string(), False, {"comment": "hospital codes of the release, joined by +"}),
        pa.field("exported_at", pa.timestamp("us", tz="UTC"), False, {"comment": "when it was complete"}),
    ]
)

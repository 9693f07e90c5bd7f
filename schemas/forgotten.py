"""Who was forgotten: what erasure needs to know for good.

Source: GDPR article 17 (erasure); PIPL article 47.
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

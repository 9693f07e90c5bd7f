"""Readers of annotations: COCO, mask folders in the layouts of public data sets, label tables."""

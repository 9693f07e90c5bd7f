"""`sonocurate desensitize IN_DIR OUT_DIR`: mask a folder of images outside any warehouse."""

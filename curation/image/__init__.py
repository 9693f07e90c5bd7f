"""Desensitization of key frames: decode, read the burned-in text, mask all of it that is not proven clinical."""

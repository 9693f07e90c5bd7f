"""WORDS: Arrow schemas, enums and config models. Imports nothing of ours."""

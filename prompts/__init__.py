"""DATA: few-shot templates and prompt texts, read by curation/generate/template.py only."""

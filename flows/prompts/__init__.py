"""`sonocurate prompts`: list, render and check the few-shot templates and prompt texts."""

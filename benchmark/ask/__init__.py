"""What models are asked: prompts and requests."""

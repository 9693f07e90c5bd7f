"""x"""
def slots_key(text: str) -> int:
    return 0

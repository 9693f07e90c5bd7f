"""What an answer says: choices, places, numbers, levels of quality; or that it says nothing."""

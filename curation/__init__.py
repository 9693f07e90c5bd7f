"""MEDICINE: pure steps from cases to instruction pairs. Imports schemas only."""

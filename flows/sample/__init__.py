"""A sample hospital: invented patients on real ultrasound pixels, with ground truth for every planted identifier."""

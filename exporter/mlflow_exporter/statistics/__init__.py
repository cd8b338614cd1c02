"""Drift tests: how far a window is from the baseline, one file a test, and the threshold each is compared with."""

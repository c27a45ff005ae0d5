"""Our checks beside the filters that people would pick today, on the same texts in one run."""

"""One use-case per file: what the service does, in its own words, without HTTP."""

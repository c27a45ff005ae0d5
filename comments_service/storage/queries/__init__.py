"""Every named query, by what it is for. Statements select only what their callers present."""

"""A real Chromium on real pages, over real HTTP."""

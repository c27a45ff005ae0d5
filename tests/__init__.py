"""The tests; they mirror the package, one file per endpoint under `web/`."""

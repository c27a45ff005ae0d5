"""So that a process of the service can start another: `python -m comments_service.cli jobs`."""

from comments_service.cli import main

main()

"""The WSGI application, for servers that are given a file."""

from comments_service.app import create_app

app = create_app()

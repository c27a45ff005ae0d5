"""What makes the data that the service ships, from texts that lie beside the project."""

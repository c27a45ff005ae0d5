"""What is measured, and how; nothing of the service imports this."""

"""What Alertmanager tells: a history of it, and the actions that follow."""

"""What can follow an alert: a file a kind."""

"""What everything stands on; knows no practice and no service."""

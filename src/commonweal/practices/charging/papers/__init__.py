"""What leaves the house on a bill's behalf: PDF, CSV, journal for the agency's ERP, proof pack."""

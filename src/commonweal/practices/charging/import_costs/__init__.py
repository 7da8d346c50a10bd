"""Reading ledger extracts: files into cells, and the independent sum that must agree."""

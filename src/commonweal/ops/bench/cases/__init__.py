"""How casework holds up: lists, mails, a mixed load, levels on time, a changed calendar."""

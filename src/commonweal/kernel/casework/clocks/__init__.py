"""Clocks of cases: definitions by date, projection from events, timer, bulk, audit."""

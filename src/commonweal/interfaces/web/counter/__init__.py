"""The counter on pages: the clerk's screen, appointments, kiosk, display, waiting, set-up."""

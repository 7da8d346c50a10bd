"""The pure part of casework: states, forms, routing, clocks."""

"""Cases, interactions, queues and clocks."""

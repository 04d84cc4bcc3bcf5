"""How hubs reach each other's clients: interface, local, NATS."""

"""How far readers, and readers and networks, agree."""

"""A finished run, and what is known of it from patients it never saw, as one bundle."""

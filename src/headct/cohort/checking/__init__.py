"""Whether labels and images can be trusted, and what a person must decide."""

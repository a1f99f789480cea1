"""How each kind of cohort is filed, one file a kind, read case by case."""

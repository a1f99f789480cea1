"""What was measured, as pages, tables and files."""

"""What can be asked of a scan, one declaration a file; the file name is the task's name."""

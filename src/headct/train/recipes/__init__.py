"""What each task is learned by: a network, a loss, a schedule; one file each."""

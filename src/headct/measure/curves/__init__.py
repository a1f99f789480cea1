"""Scores over every threshold: ROC, precision and recall, operating points, net benefit."""

"""Estimators, one a file: pure functions of small arrays, strangers to each other."""

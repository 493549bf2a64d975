"""Data files of the package: the token vocabulary."""
